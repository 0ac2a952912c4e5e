import { once } from 'node:events';
import { connect } from 'node:net';
import type { PipelinePorts } from './pipeline-config.ts';
import { portOwner } from './port-owner.ts';
import { reservePort } from './ports.ts';

/** Packets to a disabled interface vanish, so the connection neither succeeds nor fails. */
const LOOPBACK_TIMEOUT_MS = 5_000;

const PREFERRED: { readonly [name in keyof PipelinePorts]: [title: string, port: number] } = {
  exporter: ['the exporter', 10_085],
  bridge: ['the bridge', 10_086],
  prometheus: ['Prometheus', 9090],
  alertmanager: ['Alertmanager', 9093],
};

/** A sentence about a server that does not use its usual port. */
export interface Replacement {
  readonly name: string;
  readonly sentence: string;
}

export interface ReservedPorts extends AsyncDisposable {
  readonly ports: PipelinePorts;
  /** One for each port that another program has. */
  readonly replacements: readonly Replacement[];
  release(port: number): Promise<void>;
}

/** Reserves the usual ports, or free ones where they are taken, so that simultaneous runs do not collide. */
export async function reservePorts(
  preferred = PREFERRED,
  ownerOf: (port: number) => string | undefined = portOwner,
): Promise<ReservedPorts> {
  await assertLoopbackWorks();
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
    replacements: Object.entries(reserved)
      .filter(([, { isReplacement }]) => isReplacement)
      .map(([name, { port }]) => {
        const [title, usual] = preferred[name as keyof PipelinePorts];
        const owner = ownerOf(usual) ?? 'another program';
        return { name, sentence: `Port ${usual} is taken by ${owner}: ${title} uses port ${port}.` };
      }),
    release: async (port) => all.find((candidate) => candidate.port === port)?.release(),
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map(({ release }) => release()));
    },
  };
}

/** @throws Error if this machine cannot connect to itself, as in a new network namespace */
async function assertLoopbackWorks(): Promise<void> {
  const { port, release } = await reservePort(0);
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(LOOPBACK_TIMEOUT_MS) });
  } catch (error) {
    throw new Error('Cannot connect to 127.0.0.1. Enable the loopback interface: ip link set lo up', { cause: error });
  } finally {
    socket.destroy();
    await release();
  }
}
