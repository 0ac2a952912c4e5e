import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onFreePort } from '../../deploy/local/ports.ts';
import { type Server, startServer } from '../../deploy/local/process.ts';
import { refuseTokens } from '../planted-tokens.ts';

export const EXPORTER_MAIN = fileURLToPath(new URL('../../exporter/src/main.ts', import.meta.url));

/**
 * The exporter as a separate process. A second start in the same directory goes on with its data. Whatever a test is
 * about, a token in the log or the metrics fails it.
 */
export async function startExporterProcess(directory: string, config: string): Promise<Server> {
  mkdirSync(directory, { recursive: true });
  const configFile = join(directory, 'config.yaml');
  writeFileSync(configFile, config);
  const server = await onFreePort((port) =>
    startServer({
      name: 'the exporter',
      commands: [process.execPath],
      args: [
        EXPORTER_MAIN,
        ...['--config.file', configFile, '--storage.path', join(directory, 'data'), '--log.level', 'debug'],
        ...['--web.listen-address', `127.0.0.1:${port}`],
      ],
      workingDirectory: directory,
      port,
      readyPath: '/-/healthy',
    }),
  );
  const ending = (end: () => Promise<void>) => async () => {
    await end();
    refuseTokens('the log', server.log());
  };
  return { ...server, stop: ending(server.stop), kill: ending(server.kill) };
}

export async function readMetrics({ url }: Server): Promise<string> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  refuseTokens('/metrics', metrics);
  return metrics;
}

/** The value of one series, written as in the text format; undefined when it is absent. */
export async function readSeries(server: Server, series: string): Promise<number | undefined> {
  const line = (await readMetrics(server)).split('\n').find((text) => text.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

/** Waits until a series has a value that is wanted, and returns it. */
export async function untilSeries(
  server: Server,
  series: string,
  isWanted: (value: number | undefined) => boolean,
): Promise<number | undefined> {
  for (;;) {
    const value = await readSeries(server, series);
    if (isWanted(value)) return value;
    await setTimeout(20);
  }
}
