import type { PipelinePorts } from './pipeline-config.ts';
import { portOwner } from './port-owner.ts';
import { type ReservedPort, reservePort } from './ports.ts';

const PREFERRED: { readonly [name in keyof PipelinePorts]: [title: string, port: number] } = {
  exporter: ['the exporter', 10_085],
  bridge: ['the bridge', 10_086],
  prometheus: ['Prometheus', 9090],
  alertmanager: ['Alertmanager', 9093],
};

export interface ReservedPorts extends AsyncDisposable {
  readonly ports: PipelinePorts;
  /** A sentence for each port that another program has. */
  readonly replacements: readonly string[];
  release(port: number): Promise<void>;
}

/** Reserves the usual ports, or free ones where they are taken, so that two runs at a time do not collide. */
export async function reservePorts(
  preferred = PREFERRED,
  ownerOf: (port: number) => string | undefined = portOwner,
): Promise<ReservedPorts> {
  const reserved = {
    exporter: await reservePort(preferred.exporter[1]),
    bridge: await reservePort(preferred.bridge[1]),
    prometheus: await reservePort(preferred.prometheus[1]),
    alertmanager: await reservePort(preferred.alertmanager[1]),
  };
  const all = Object.values(reserved);
  return {
    ports: {
      exporter: reserved.exporter.port,
      bridge: reserved.bridge.port,
      prometheus: reserved.prometheus.port,
      alertmanager: reserved.alertmanager.port,
    },
    replacements: Object.entries(reserved).flatMap(([name, port]) =>
      describeReplacement(preferred[name as keyof PipelinePorts], port, ownerOf),
    ),
    release: async (port) => all.find((candidate) => candidate.port === port)?.release(),
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map(({ release }) => release()));
    },
  };
}

function describeReplacement(
  [title, preferred]: [string, number],
  { port, isReplacement }: ReservedPort,
  ownerOf: (port: number) => string | undefined,
): string[] {
  if (!isReplacement) return [];
  return [`Port ${preferred} is taken by ${ownerOf(preferred) ?? 'another program'}: ${title} uses port ${port}.`];
}
