import { expect, test } from 'vitest';
import { reservePorts } from './pipeline-ports.ts';
import { portOwner } from './port-owner.ts';
import { freePort, reservePort } from './ports.ts';

async function preferredPorts() {
  const entry = async (title: string): Promise<[string, number]> => [title, await freePort()];
  return {
    exporter: await entry('the exporter'),
    bridge: await entry('the bridge'),
    prometheus: await entry('Prometheus'),
    alertmanager: await entry('Alertmanager'),
  };
}

test('two runs that start at the same time get different ports, and the second says which and why', async () => {
  const preferred = await preferredPorts();
  await using first = await reservePorts(preferred);
  await using second = await reservePorts(preferred, () => 'exporter (process 7)');
  expect(first.replacements).toEqual([]);
  expect(new Set([...Object.values(first.ports), ...Object.values(second.ports)]).size).toBe(8);
  expect(second.replacements[0]?.sentence).toBe(
    `Port ${preferred.exporter[1]} is taken by exporter (process 7): the exporter uses port ${second.ports.exporter}.`,
  );
  expect(second.replacements).toHaveLength(4);
});

test('a released port is free for its server', async () => {
  await using reserved = await reservePorts(await preferredPorts());
  const { exporter } = reserved.ports;
  expect(await reservePort(exporter)).toMatchObject({ isReplacement: true });
  await reserved.release(exporter);
  const again = await reservePort(exporter);
  expect(again).toMatchObject({ port: exporter, isReplacement: false });
  await again.release();
});

test.runIf(process.platform === 'linux')('the owner of a port is named, and a free port has none', async () => {
  const { port, release } = await reservePort(0);
  expect(portOwner(port)).toMatch(new RegExp(`^.+ \\(process ${process.pid}\\)$`));
  await release();
  expect(portOwner(port)).toBeUndefined();
});
