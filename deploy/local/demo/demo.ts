import { join } from 'node:path';
import { stringify } from 'yaml';
import { writePrivately } from '../bridge-config.ts';
import { pathOf } from '../on-path.mjs';
import type { PipelinePorts } from '../pipeline-config.ts';
import type { PipelineOptions } from '../pipeline-servers.ts';
import { startUsageSimulator } from '../usage-simulator/simulator.ts';
import { STORY } from '../usage-simulator/story.ts';
import { demoRules } from './demo-rules.ts';
import { pastOf, seedHistory } from './seed-history.ts';
import { seedPrometheus } from './seed-prometheus.ts';

const HISTORY_DAYS = 14;
/** Interval of polls, scrapes and evaluations. */
const INTERVAL = '5s';

export interface DemoOptions {
  readonly directory: string;
  readonly ports: PipelinePorts;
  readonly hasPrometheus: boolean;
  readonly print: (text: string) => void;
  /** Stops the simulator. */
  readonly running: AsyncDisposableStack;
}

/** Settings that make the pipeline run the demo. */
export interface Demo {
  readonly exporterArgs: readonly string[];
  readonly pipelineOptions: Pick<PipelineOptions, 'prometheus' | 'alertmanager'>;
  readonly changeRules: (text: string) => string;
}

/** Starts the simulated account and gives it a history of two weeks, in the exporter and in Prometheus. */
export async function prepareDemo({ directory, ports, hasPrometheus, print, running }: DemoOptions): Promise<Demo> {
  print(`Preparing the simulated account with a history of ${HISTORY_DAYS} days …\n`);
  const start = Date.now();
  const past = pastOf(STORY, start, HISTORY_DAYS);
  seedHistory(join(directory, 'exporter', 'data'), past, start);
  if (hasPrometheus && pathOf('promtool') !== undefined) {
    await seedPrometheus(join(directory, 'prometheus'), past, {
      job: 'claude-usage',
      instance: `127.0.0.1:${ports.exporter}`,
    });
  }
  const simulator = await startUsageSimulator({ port: 0, now: Date.now, scenario: STORY, speed: 1 });
  running.defer(() => simulator.close());
  const accounts = [{ name: 'demo', credentials: { access_token: 'token-demo' }, endpoint: simulator.url }];
  // The transcripts of this machine are not the demo's.
  const settings = { accounts, poll: { interval: INTERVAL }, transcripts: { enabled: false } };
  const config = writePrivately(directory, 'exporter.yaml', stringify(settings));
  return {
    exporterArgs: [`--config.file=${config}`],
    pipelineOptions: {
      prometheus: { interval: INTERVAL },
      alertmanager: { groupWait: '5s', groupInterval: '10s' },
    },
    changeRules: demoRules,
  };
}
