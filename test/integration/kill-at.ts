// Loaded before the exporter (node --import): kills it in the middle of a renewal, at the point that $KILL_AT names.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** Points of a renewal, in the order in which it passes them. */
export const KILL_POINTS = [
  'before the request',
  'after the answer',
  'before file 1',
  'before file 2',
  'before file 3',
  'before the use',
] as const;
export type KillPoint = (typeof KILL_POINTS)[number];

const point = process.env.KILL_AT;
const { fetch, fs: original } = { fetch: globalThis.fetch, fs: { renameSync: fs.renameSync } };
let files = 0;

function dieAt(name: KillPoint): void {
  if (name !== point) return;
  process.kill(process.pid, 'SIGKILL');
  // A signal may take a moment; nothing may happen in it.
  for (;;);
}

globalThis.fetch = async (input, init) => {
  if (!String(input).endsWith('/v1/oauth/token')) {
    if (files === 3) dieAt('before the use');
    return fetch(input, init);
  }
  dieAt('before the request');
  const response = await fetch(input, init);
  const body = await response.text();
  dieAt('after the answer');
  return new Response(body, response);
};

fs.renameSync = (from, to) => {
  if (/(accessToken|refreshToken|expiresAt)$/.test(String(to))) {
    files += 1;
    dieAt(`before file ${files}` as KillPoint);
  }
  original.renameSync(from, to);
};
syncBuiltinESMExports();
