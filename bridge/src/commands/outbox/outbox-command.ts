import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { addFileOptions, createCommand, fileFlags, parseArguments } from '@repo/common/command-line';
import { openDatabase } from '@repo/common/database';
import { describeError } from '@repo/common/logger';
import { loadConfiguration } from '@repo/common/program';
import { EXIT } from '@repo/common/program-host';
import { readConfig } from '../../config.ts';
import { BuriedMessages } from '../../outbox/buried-messages.ts';
import { Outbox } from '../../outbox/outbox.ts';
import { OUTBOX_SCHEMA } from '../../outbox/schema.ts';
import { createSeal } from '../../outbox/seal.ts';
import { type BridgeHost, PROGRAM } from '../bridge-host.ts';
import { formatBuried } from './format-buried.ts';

const HELP = `
Without an action, lists the messages that the homeserver rejected. With an action, names the messages by their ID, or
all of them with --all. A running bridge notices within a minute.`;

const ACTIONS = ['list', 'retry', 'delete'] as const;
type Action = (typeof ACTIONS)[number];

/** `alertmanager-matrix-bridge outbox`, from its arguments to its exit code. */
export async function runOutbox(host: BridgeHost): Promise<number> {
  const command = createCommand(`${PROGRAM.name} outbox`, 'Lists messages that the homeserver rejected.', host)
    .argument('[action]', 'list, retry or delete', 'list')
    .argument('[ids...]', 'IDs from the list')
    .option('--all', 'all buried messages', false)
    .addHelpText('after', HELP);
  const options = parseArguments(addFileOptions(command, PROGRAM, host.env), host.args);
  if ('exitCode' in options) return Number(options.exitCode);
  const [action, ids] = command.processedArgs as [string, string[]];
  const problem = checkUsage(action, ids, options.all);
  if (problem !== undefined) {
    host.err(`error: ${problem}\n`);
    return EXIT.usage;
  }
  const { storagePath, ...flags } = fileFlags(options, PROGRAM, host.env);
  const loaded = loadConfiguration({ ...flags, storagePath }, host, ({ text, source }, context) =>
    readConfig(text, source, context, storagePath),
  );
  if ('exitCode' in loaded) return loaded.exitCode;
  const file = join(storagePath, 'outbox.db');
  if (!loaded.config.matrix || !existsSync(file)) {
    host.err(`error: there is no outbox at ${file}. Check --config.file and --storage.path\n`);
    return EXIT.failed;
  }
  try {
    using database = openDatabase(file, { ...OUTBOX_SCHEMA, synchronous: 'FULL' });
    const seal = createSeal(loaded.config.matrix.storageKey);
    // Checks the storage key.
    new Outbox(database, seal, () => '');
    return act(host, new BuriedMessages(database, seal), { action: action as Action, ids, all: options.all });
  } catch (error) {
    host.err(`error: ${describeError(error)}\n`);
    return error instanceof Error && 'exitCode' in error ? Number(error.exitCode) : EXIT.failed;
  }
}

function checkUsage(action: string, ids: readonly string[], all: boolean): string | undefined {
  if (!ACTIONS.some((known) => known === action))
    return `unknown action '${action}'; the actions are ${ACTIONS.join(', ')}`;
  if (ids.some((id) => !/^\d{1,15}$/.test(id))) return 'an ID is a number from the list';
  if (action === 'list') return ids.length > 0 || all ? 'the list takes no IDs' : undefined;
  return all === ids.length > 0 ? `name the messages to ${action}, or use --all` : undefined;
}

function act(
  { out, err }: BridgeHost,
  buried: BuriedMessages,
  { action, ids, all }: { action: Action; ids: readonly string[]; all: boolean },
): number {
  const messages = buried.list();
  if (action === 'list') {
    out(formatBuried(messages));
    return EXIT.ok;
  }
  const wanted = all ? messages.map(({ id }) => id) : ids.map(Number);
  const missing = wanted.filter((id) => !(action === 'retry' ? buried.retry(id, Date.now()) : buried.delete(id)));
  const done = wanted.length - missing.length;
  out(`${done} ${done === 1 ? 'message' : 'messages'} ${action === 'retry' ? 'queued again' : 'deleted'}\n`);
  for (const id of missing) err(`error: no buried message has the ID ${id}\n`);
  return missing.length === 0 ? EXIT.ok : EXIT.failed;
}
