import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { LOG_IN_REMEDY, parseClaudeLogin } from './claude-login.ts';
import { CredentialError, type Reading } from './credentials.ts';
import { pickLogin } from './pick-login.ts';

/** Exit codes of `security`: the low byte of errSecItemNotFound and errSecInteractionNotAllowed. */
const NOT_FOUND = 44;
const INTERACTION_NOT_ALLOWED = 36;
/** Long enough for a person to answer the dialog that macOS may show. */
const TIMEOUT_MS = 30_000;
const MAX_ITEM_BYTES = 1024 * 1024;
/** The account name that Claude Code uses if it does not know the user's. */
const FALLBACK_ACCOUNT = 'claude-code-user';

type Environment = Readonly<Record<string, string | undefined>>;

export interface KeychainPorts {
  readonly now: () => number;
  /** The environment for `security`, which is looked up on its PATH. */
  readonly env: Environment;
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

/**
 * The service of Claude Code's Keychain item: a separate one for each configuration directory, except if
 * $CLAUDE_CONFIG_DIR is not set. The directory counts as it is written there.
 */
export function claudeCodeService(configDirectory?: string): string {
  const service = 'Claude Code-credentials';
  if (configDirectory === undefined || configDirectory === '') return service;
  return `${service}-${createHash('sha256').update(configDirectory.normalize('NFC')).digest('hex').slice(0, 8)}`;
}

/**
 * The services of Claude Code's items for a configuration directory. Claude Code names its item after the text of the
 * variable, which may have been written in several ways.
 */
export function keychainServices(directory: string, env: Environment): string[] {
  const isDefault = directory === resolve(env.HOME ?? '/', '.claude');
  const configured = env.CLAUDE_CONFIG_DIR || env.CLAUDE_PATH;
  const written =
    env.CLAUDE_SECURESTORAGE_CONFIG_DIR || (configured && resolve(configured) === directory && configured);
  const names = [...(written ? [written] : []), ...(isDefault ? [''] : []), directory];
  return [...new Set(names.map(claudeCodeService))];
}

/**
 * Reads the login that Claude Code keeps in the macOS Keychain. Several items may share one service: older versions of
 * Claude Code used another account name, and another program's item may contain no login.
 * @throws CredentialError
 */
export function readKeychain(service: string, ports: KeychainPorts): Promise<Reading> {
  const user = ports.env.USER || ports.env.LOGNAME;
  const accounts = [...(user ? [['-a', user]] : []), ['-a', FALLBACK_ACCOUNT], []];
  let blocked: CredentialError | undefined;
  const read = async (account: readonly string[]) => {
    if (blocked) throw blocked;
    try {
      return await readItem(service, account, ports);
    } catch (error) {
      // A locked Keychain is locked for every item, and the next request would show another dialog.
      if (error instanceof CredentialError && error.reason === 'unreadable_credentials') blocked = error;
      throw error;
    }
  };
  return pickLogin(
    accounts.map((account) => () => read(account)),
    ports.now,
  );
}

async function readItem(service: string, account: readonly string[], ports: KeychainPorts): Promise<Reading> {
  const item = `the Keychain item "${service}"`;
  const timeout = ports.timeoutMs ?? TIMEOUT_MS;
  let output: string;
  try {
    const args = ['find-generic-password', '-s', service, ...account, '-w'];
    const options = { env: ports.env, signal: ports.signal, timeout, maxBuffer: MAX_ITEM_BYTES };
    output = (await promisify(execFile)('security', args, options)).stdout;
  } catch (error) {
    if (ports.signal.aborted) throw error;
    throw explain(item, error as ExecError, timeout);
  }
  return parseClaudeLogin(fromHexadecimal(output.trim()), item, ports.now());
}

interface ExecError {
  readonly code?: number | string;
  readonly killed?: boolean;
}

// Without the error's own message, which may quote the output of the program.
function explain(item: string, { code, killed }: ExecError, timeoutMs: number): CredentialError {
  if (code === NOT_FOUND) return new CredentialError('no_credentials', `${item} does not exist`, LOG_IN_REMEDY);
  const cannotRead = (message: string, remedy?: string) =>
    new CredentialError('unreadable_credentials', message, remedy);
  if (code === 'ENOENT') {
    return cannotRead('the program `security`, which reads the Keychain, is not on the PATH', 'only macOS has it');
  }
  if (code === INTERACTION_NOT_ALLOWED) {
    return cannotRead(
      `${item} is locked`,
      'unlock it with `security unlock-keychain`, or run the exporter in your own session',
    );
  }
  if (killed) {
    return cannotRead(`no answer about ${item} within ${timeoutMs / 1000} s`, 'macOS may be asking: "Always Allow"');
  }
  return cannotRead(`${item} cannot be read (\`security\` ended with ${code})`);
}

// `security` prints an item in hexadecimal if it is not plain ASCII.
function fromHexadecimal(text: string): string {
  return /^(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex').toString('utf8') : text;
}
