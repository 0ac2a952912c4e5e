import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { CLAUDE_CODE_REMEDY, parseClaudeLogin } from './claude-login.ts';
import { CredentialError, type Credentials } from './credentials.ts';

/** Exit codes of `security`: the low byte of errSecItemNotFound and errSecInteractionNotAllowed. */
const NOT_FOUND = 44;
const INTERACTION_NOT_ALLOWED = 36;
/** Long enough for a person to answer the dialog that macOS may show. */
const ANSWER_WITHIN_MS = 30_000;
const MAX_ITEM_BYTES = 1024 * 1024;

export interface KeychainPorts {
  /** The environment for `security`, which is looked up on its PATH. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

/**
 * The service under which Claude Code keeps its login: one of its own for each configuration directory, except the one
 * that is used when $CLAUDE_CONFIG_DIR is not set. The directory counts as it is written there.
 */
export function claudeCodeService(configDirectory?: string): string {
  const service = 'Claude Code-credentials';
  if (configDirectory === undefined || configDirectory === '') return service;
  return `${service}-${createHash('sha256').update(configDirectory.normalize('NFC')).digest('hex').slice(0, 8)}`;
}

/**
 * The login that Claude Code keeps in the macOS Keychain.
 * @throws CredentialError
 */
export async function readKeychain(service: string, ports: KeychainPorts): Promise<Credentials> {
  const item = `the Keychain item "${service}"`;
  const timeout = ports.timeoutMs ?? ANSWER_WITHIN_MS;
  let output: string;
  try {
    const args = ['find-generic-password', '-s', service, '-w'];
    const options = { env: ports.env, signal: ports.signal, timeout, maxBuffer: MAX_ITEM_BYTES };
    output = (await promisify(execFile)('security', args, options)).stdout;
  } catch (error) {
    if (ports.signal.aborted) throw error;
    throw refusal(item, error as ExecError, timeout);
  }
  return parseClaudeLogin(fromHexadecimal(output.trim()), item);
}

interface ExecError {
  readonly code?: number | string;
  readonly killed?: boolean;
}

// The error's own message is left out: it may quote what the program printed.
function refusal(item: string, { code, killed }: ExecError, timeoutMs: number): CredentialError {
  if (code === NOT_FOUND) return new CredentialError('no_credentials', `${item} does not exist; ${CLAUDE_CODE_REMEDY}`);
  if (code === 'ENOENT') {
    const detail = 'the program `security`, which reads the Keychain, is not on the PATH; only macOS has it';
    return new CredentialError('unreadable_credentials', detail);
  }
  if (code === INTERACTION_NOT_ALLOWED) {
    const detail = `${item} is locked; unlock it with \`security unlock-keychain\`, or run the exporter in your own session`;
    return new CredentialError('unreadable_credentials', detail);
  }
  if (killed) {
    const detail = `${item} was not given within ${timeoutMs / 1000} s; macOS may be asking, answer "Always Allow"`;
    return new CredentialError('unreadable_credentials', detail);
  }
  return new CredentialError('unreadable_credentials', `${item} can't be read (\`security\` ended with ${code})`);
}

// That is how `security` prints an item which is not plain ASCII.
function fromHexadecimal(text: string): string {
  return /^(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex').toString('utf8') : text;
}
