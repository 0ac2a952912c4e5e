import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAlertmanager } from '../../deploy/local/alertmanager.ts';
import type { Server } from '../../deploy/local/process.ts';
import { startPrometheus } from '../../deploy/local/prometheus.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'real-servers-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function configFile(name: string, text: string): Promise<string> {
  const file = join(directory, name);
  await writeFile(file, text);
  return file;
}

const minimal = {
  Prometheus: async (): Promise<Server> =>
    startPrometheus({
      directory: join(directory, 'prometheus'),
      configFile: await configFile('prometheus.yml', 'global: {scrape_interval: 1s}\n'),
    }),
  Alertmanager: async (): Promise<Server> =>
    startAlertmanager({
      directory: join(directory, 'alertmanager'),
      configFile: await configFile('alertmanager.yml', 'route: {receiver: none}\nreceivers: [{name: none}]\n'),
    }),
};

describe.each(Object.entries(minimal))('%s', (_name, start) => {
  test('answers when started, and on the same port again after it was stopped and killed', async () => {
    const server = await start();
    const isUp = async (): Promise<boolean> => (await fetch(`${server.url}/-/healthy`)).ok;
    try {
      expect(await isUp()).toBe(true);
      await server.stop();
      await expect(isUp()).rejects.toThrow('fetch failed');
      await server.start();
      expect(await isUp()).toBe(true);
      await server.kill();
      await server.start();
      expect(await isUp()).toBe(true);
      await expect(server.start()).rejects.toThrow('is already running.');
    } finally {
      await server.stop();
    }
    expect(server.log()).toContain('SIGTERM');
  });
});

test('a configuration that Prometheus refuses is an error with its own words', async () => {
  const start = startPrometheus({
    directory: join(directory, 'refused'),
    configFile: await configFile('refused.yml', 'scrape_intervall: 1s\n'),
  });
  await expect(start).rejects.toThrow(/^Prometheus exited with code 2 while starting\. Its last lines were:\n/);
  await expect(start).rejects.toThrow('field scrape_intervall not found');
});
