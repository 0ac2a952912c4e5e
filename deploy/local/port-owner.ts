import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

const LISTENING = '0A';

/**
 * Returns the program that listens on a TCP port, like "nginx (process 4711)" or "node /app/main.js (process 4712)". Linux shows the processes of this user
 * only, so the owner may be unknown.
 */
export function portOwner(port: number, proc = '/proc'): string | undefined {
  const inodes = ['tcp', 'tcp6'].flatMap((table) => listeningInodes(read(`${proc}/net/${table}`), port));
  if (inodes.length === 0) return undefined;
  const sockets = new Set(inodes.map((inode) => `socket:[${inode}]`));
  const pid = list(proc).find((name) => /^\d+$/.test(name) && holdsOne(`${proc}/${name}/fd`, sockets));
  return pid === undefined ? undefined : `${commandOf(read(`${proc}/${pid}/cmdline`))} (process ${pid})`;
}

/** Returns the program and, for an interpreter, its script. Arguments may hold secrets. */
function commandOf(commandLine: string): string {
  const [program = '', script = ''] = commandLine.split('\0');
  const name = basename(program);
  return /^(node|python\d?[.\d]*|java|sh|bash)$/.test(name) && script.startsWith('/') ? `${name} ${script}` : name;
}

/** Lines look like `sl local_address rem_address st … inode`, with the port in hexadecimal. */
function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    return local.endsWith(suffix) && state === LISTENING && inode !== undefined ? [inode] : [];
  });
}

function holdsOne(directory: string, sockets: ReadonlySet<string>): boolean {
  return list(directory).some((fd) => {
    try {
      return sockets.has(readlinkSync(`${directory}/${fd}`));
    } catch {
      return false;
    }
  });
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
