import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Server } from '../../deploy/local/process.ts';
import { startBridgeProcess, writeBridgeConfig } from './bridge-process.ts';
import { type MatrixRoom, openMatrixRoom } from './matrix-room.ts';
import { heapGrowthPerMessage } from './memory-growth.ts';

const directory = mkdtempSync(join(tmpdir(), 'bridge-memory-'));
let room: MatrixRoom;
let bridge: Server;

beforeAll(async () => {
  room = await openMatrixRoom(directory);
  writeBridgeConfig(join(directory, 'bridge'), room);
  bridge = await startBridgeProcess(join(directory, 'bridge'));
});

afterAll(async () => {
  await bridge?.stop();
  await room?.stop();
  await rm(directory, { recursive: true, force: true });
});

test('sent messages do not stay in memory', { timeout: 600_000 }, async () => {
  const growth = await heapGrowthPerMessage(bridge.url, { warmUp: 200, messages: 600 });
  // Each message that the SDK keeps takes more than 20 KB.
  expect(growth).toBeLessThan(8_000);
});
