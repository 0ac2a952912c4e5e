import { homedir } from 'node:os';
import { join } from 'node:path';

/** Returns the default directory for a program's state. */
export function defaultStoragePath(program: string, env: Readonly<Record<string, string | undefined>>): string {
  // The XDG specification: an empty variable counts as absent.
  return join(env.XDG_STATE_HOME || join(env.HOME || homedir(), '.local/state'), program);
}
