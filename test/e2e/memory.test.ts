import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bridge } from '../../bridge/src/app.ts';
import { startBridgeInProcess } from './bridge-in-process.ts';
import { type MatrixRoom, openMatrixRoom } from './matrix-room.ts';
import { heapGrowthPerMessage } from './memory-growth.ts';

const directory = mkdtempSync(join(tmpdir(), 'bridge-memory-'));
let room: MatrixRoom;
let bridge: Bridge;

beforeAll(async () => {
  room = await openMatrixRoom(directory);
  bridge = await startBridgeInProcess(join(directory, 'bridge'), room);
});

afterAll(async () => {
  await bridge?.stop();
  await room?.stop();
  await rm(directory, { recursive: true, force: true });
});

test('sent messages do not stay in memory', { timeout: 600_000 }, async () => {
  const growth = await heapGrowthPerMessage(bridge.url, { warmUp: 100, messages: 300 });
  // Each message that the SDK keeps takes about 9 KB.
  expect(growth).toBeLessThan(4_000);
});
