import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bridge } from '../../bridge/src/app.ts';
import { startBridgeInProcess } from '../e2e/bridge-in-process.ts';
import { type MatrixRoom, openMatrixRoom } from '../e2e/matrix-room.ts';
import { heapGrowthPerMessage } from '../e2e/memory-growth.ts';

const directory = mkdtempSync(join(tmpdir(), 'bridge-memory-soak-'));
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

test('memory stays flat over 10,000 messages', { timeout: 3_600_000 }, async () => {
  const growth = await heapGrowthPerMessage(bridge.url, { warmUp: 500, messages: 9_500 });
  // Each message that the SDK keeps takes about 9 KB.
  expect(growth).toBeLessThan(500);
});
