import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where a program keeps its state unless it is told otherwise. */
export function defaultStoragePath(program: string, env: Readonly<Record<string, string | undefined>>): string {
  // The XDG specification: an empty variable counts as absent.
  return join(env.XDG_STATE_HOME || join(env.HOME || homedir(), '.local/state'), program);
}
