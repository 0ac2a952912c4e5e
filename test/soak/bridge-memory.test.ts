import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Server } from '../../deploy/local/process.ts';
import { startBridgeProcess, writeBridgeConfig } from '../e2e/bridge-process.ts';
import { type MatrixRoom, openMatrixRoom } from '../e2e/matrix-room.ts';
import { heapGrowthPerMessage } from '../e2e/memory-growth.ts';

const directory = mkdtempSync(join(tmpdir(), 'bridge-memory-soak-'));
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

test('memory stays flat over 10,000 messages', { timeout: 3_600_000 }, async () => {
  const growth = await heapGrowthPerMessage(bridge.url, { warmUp: 500, messages: 9_500 });
  // A tenth of what each message took that the SDK kept: 20 KB and more.
  expect(growth).toBeLessThan(2_000);
});
