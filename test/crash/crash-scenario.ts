import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Homeserver, startHomeserver } from '../fakes/homeserver/homeserver.ts';
import { OlmClient } from '../fakes/homeserver/olm-client.ts';
import type { RoomEvent } from '../fakes/homeserver/room-events.ts';
import { type Killer, type KillPoint, liveAndDie } from './bot-process.ts';
import { messageKey, type Verdict } from './verdict.ts';

const BOT = { userId: '@bot:test', deviceId: 'BOT' };
const READER = { userId: '@reader:test', deviceId: 'READER' };

/** A bot that dies again and again on one key store, and a reader that watches from outside. */
export class CrashScenario {
  readonly #directory = mkdtempSync(join(tmpdir(), 'crash-'));
  readonly #storeKey = randomBytes(32).toString('base64');
  readonly #homeserver: Homeserver;
  readonly #reader: OlmClient;
  readonly #lateCommit: boolean;
  readonly #messageKeys = new Set<string>();
  readonly #sessions = new Set<string>();
  readonly #identities = new Set<string>();
  readonly #rows: string[] = [];
  readonly #decryptedByBot = new Set<string>();
  readonly problems: string[] = [];
  #arrivedChecked = 0;
  #eventsChecked = 0;
  #lives = 0;
  #greeted = false;
  #acknowledged = -1;
  #reusedIndices = 0;
  #undecryptable = 0;

  private constructor(homeserver: Homeserver, reader: OlmClient, lateCommit: boolean) {
    this.#homeserver = homeserver;
    this.#reader = reader;
    this.#lateCommit = lateCommit;
  }

  static async start({ lateCommit = false } = {}): Promise<CrashScenario> {
    const homeserver = await startHomeserver();
    return new CrashScenario(homeserver, await OlmClient.open(homeserver.url, READER), lateCommit);
  }

  /** One life of the bot, and what the others do meanwhile: they write before it, and read what it wrote after it. */
  async live(killer: Killer, killAt?: KillPoint): Promise<void> {
    await this.#writeToBot();
    const reports = await liveAndDie(
      {
        url: this.#homeserver.url,
        directory: this.#directory,
        device: BOT,
        storeKey: this.#storeKey,
        recipients: [READER.userId],
        lateCommit: this.#lateCommit,
        killAt,
      },
      killer,
    );
    for (const report of reports) {
      if ('ready' in report) this.#identities.add(report.ready);
      else if ('decrypted' in report) this.#decryptedByBot.add(report.decrypted);
      else if ('sent' in report) this.#acknowledged = Math.max(this.#acknowledged, report.sent);
      else {
        this.#undecryptable++;
        this.problems.push(`the bot can't decrypt ${report.undecryptable}`);
      }
    }
    await this.#readBot();
  }

  get verdict(): Verdict {
    const { keys } = this.#homeserver;
    const rows = new Set(this.#rows);
    return {
      events: this.#rows.length,
      sessions: this.#sessions.size,
      decryptedByBot: this.#decryptedByBot.size,
      reusedIndices: this.#reusedIndices,
      undecryptable: this.#undecryptable,
      rowsPostedTwice: this.#rows.length - rows.size,
      rowsLost: Array.from({ length: this.#acknowledged + 1 }, (_, row) => `row ${row}`).filter((row) => !rows.has(row))
        .length,
      oneTimeKeyConflicts: keys.conflicts,
      identityChanges: keys.identityChanges + Math.max(0, this.#identities.size - 1),
    };
  }

  async close(): Promise<void> {
    this.#reader.close();
    await this.#homeserver.close();
    rmSync(this.#directory, { recursive: true });
  }

  /** By the reader, and every third time by someone new, who takes one of the bot's one-time keys. */
  async #writeToBot(): Promise<void> {
    const life = this.#lives++;
    if (Object.keys(this.#homeserver.keys.query([BOT.userId])[BOT.userId] ?? {}).length === 0) return;
    await this.#reader.machine.markAllTrackedUsersAsDirty();
    if (!this.#greeted) await greet(this.#reader);
    this.#greeted = true;
    if (Math.random() < 0.3) await this.#reader.rotate();
    await write(this.#reader, life);
    if (life % 3 > 0) return;
    const visitor = await OlmClient.open(this.#homeserver.url, { userId: '@visitor:test', deviceId: `VISITOR${life}` });
    await greet(visitor);
    await write(visitor, life);
    visitor.close();
  }

  async #readBot(): Promise<void> {
    const { arrived, all } = this.#homeserver.events;
    for (const event of byBot(arrived.slice(this.#arrivedChecked))) this.#checkMessageKey(event);
    this.#arrivedChecked = arrived.length;
    await this.#reader.sync();
    for (const event of byBot(all.slice(this.#eventsChecked))) await this.#checkReadable(event);
    this.#eventsChecked = all.length;
  }

  /** Whoever sees two messages of one key can tell what they have in common, also if only one became an event. */
  #checkMessageKey(event: RoomEvent): void {
    const { session, index } = messageKey(event);
    const key = `${session} ${index}`;
    if (this.#messageKeys.has(key)) {
      this.#reusedIndices++;
      this.problems.push(`${event.event_id} uses index ${index} of session ${session} again`);
    }
    this.#messageKeys.add(key);
    this.#sessions.add(session);
  }

  async #checkReadable(event: RoomEvent): Promise<void> {
    try {
      const { body } = await this.#reader.decrypt(event);
      this.#rows.push(String(body));
    } catch (error) {
      this.#undecryptable++;
      this.problems.push(
        `the reader can't decrypt ${event.event_id}: ${(error as { description: string }).description}`,
      );
    }
  }
}

function byBot(events: readonly RoomEvent[]): RoomEvent[] {
  return events.filter(({ sender }) => sender === BOT.userId);
}

async function write(client: OlmClient, life: number): Promise<void> {
  await client.shareRoomKey([BOT.userId]);
  await client.put(`message-${life}`, await client.encrypt({ body: `message ${life}` }));
}

/**
 * Opens an Olm session with the bot, with a room key that is never used. The crypto library stores a new session and the
 * key that came with it in two transactions and loses the key to a kill between them (key-store-machine.test.ts shows
 * it), so nothing that has to be readable may depend on the first message of a session.
 */
async function greet(client: OlmClient): Promise<void> {
  await client.shareRoomKey([BOT.userId]);
  await client.rotate();
}
