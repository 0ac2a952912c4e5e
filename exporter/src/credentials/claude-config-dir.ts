import { join } from 'node:path';
import { CLAUDE_CODE_REMEDY, parseClaudeLogin } from './claude-login.ts';
import type { Credentials } from './credentials.ts';
import { claudeCodeService } from './keychain.ts';
import { readLoginFile } from './login-fields.ts';

/** The login in Claude Code's configuration directory. @throws CredentialError */
export function readClaudeConfigDir(directory: string, platform: NodeJS.Platform): Credentials {
  const path = join(directory, '.credentials.json');
  const onMac = `on macOS Claude Code keeps it in the Keychain: configure keychain: "${claudeCodeService(directory)}"`;
  return parseClaudeLogin(readLoginFile(path, platform === 'darwin' ? onMac : CLAUDE_CODE_REMEDY), path);
}
