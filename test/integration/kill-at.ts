// Loaded before the exporter (node --import): kills it in the middle of a refresh, at the point that $KILL_AT names.
import { subscribe } from 'node:diagnostics_channel';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** Points of a refresh, in the order in which it passes them. */
const KILL_POINTS = [
  'before the request',
  'after the answer',
  'before file 1',
  'before file 2',
  'before file 3',
  'before the use',
] as const;
export type KillPoint = (typeof KILL_POINTS)[number];

const point = process.env.KILL_AT;
const { renameSync } = fs;
let files = 0;

function dieAt(name: KillPoint): void {
  if (name !== point) return;
  process.kill(process.pid, 'SIGKILL');
  // A signal may take a moment; nothing may happen in it.
  for (;;);
}

function on(event: string, react: (path: string) => void): void {
  subscribe(`undici:request:${event}`, (message) => react((message as { request: { path: string } }).request.path));
}

on('create', (path) => {
  if (path.endsWith('/v1/oauth/token')) dieAt('before the request');
  else if (files === 3) dieAt('before the use');
});
on('trailers', (path) => {
  if (path.endsWith('/v1/oauth/token')) dieAt('after the answer');
});

fs.renameSync = (from, to) => {
  if (/(accessToken|refreshToken|expiresAt)$/.test(String(to))) {
    files += 1;
    dieAt(`before file ${files}` as KillPoint);
  }
  renameSync(from, to);
};
syncBuiltinESMExports();
