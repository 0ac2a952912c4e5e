import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { CommitPoint } from '../../bridge/src/key-store/record-file.ts';
import type { Device } from '../fakes/homeserver/device-keys.ts';

/** Ends the bot at a moment of its n-th commit. */
export type KillPoint = { readonly point: CommitPoint; readonly commit: number };

export type BotConfig = {
  readonly url: string;
  readonly directory: string;
  readonly device: Device;
  readonly storeKey: string /* base64 */;
  readonly recipients: readonly string[];
  readonly lateCommit: boolean;
  readonly killAt?: KillPoint | undefined;
};

export type BotReport = { ready: string } | { decrypted: string } | { undecryptable: string } | { sent: number };

/** Decides, as the bot starts and at each of its reports, whether to kill it. */
export type Killer = (kill: () => void) => (report: BotReport) => void;

const BOT = fileURLToPath(new URL('./bot.ts', import.meta.url));

/** One life of the bot: returns all it reported once it has been killed, and rejects if it ended in another way. */
export async function liveAndDie(config: BotConfig, killer: Killer): Promise<BotReport[]> {
  const bot = spawn(process.execPath, [BOT, JSON.stringify(config)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const stderr = text(bot.stderr);
  const reports: BotReport[] = [];
  const onReport = killer(() => bot.kill('SIGKILL'));
  createInterface(bot.stdout).on('line', (line) => {
    const report = JSON.parse(line) as BotReport;
    reports.push(report);
    onReport(report);
  });
  const signal = await new Promise((resolve) => bot.on('close', (_code, by) => resolve(by)));
  if (signal !== 'SIGKILL') throw new Error(`The bot ended by itself: ${await stderr}`);
  return reports;
}

/** Kills a random 1 to 300 ms after the bot was started, was ready, or had sent its first row (every second time). */
export const atRandom: Killer = (kill) => {
  const moment = (['start', 'ready', 'sent', 'sent'] as const)[Math.floor(Math.random() * 4)];
  const delayMs = 1 + Math.random() * 299;
  let reached = false;
  const reach = () => {
    if (!reached) setTimeout(kill, delayMs);
    reached = true;
  };
  if (moment === 'start') reach();
  return (report) => {
    if (moment === 'ready' || (moment === 'sent' && 'sent' in report)) reach();
  };
};

/** Kills when so many rows have been sent. */
export function afterRows(rows: number): Killer {
  return (kill) => {
    let sent = 0;
    return (report) => {
      if ('sent' in report && ++sent === rows) kill();
    };
  };
}

/** Leaves it to the bot, which has been told to end itself at a certain commit. */
export const byItself: Killer = () => () => {};
