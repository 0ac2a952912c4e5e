import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from '@repo/common/database';
import type { AlertGroup } from '../alerts/alert-group.ts';
import { countUnmentioned, decide } from '../alerts/ledger.ts';
import { type SeverityScale, severityRank } from '../message/severity.ts';
import type { MessageSource, Outbox, Priority, StoredCard } from './outbox.ts';
import type { Seal } from './seal.ts';

export type IntakeOutcome = 'accepted' | 'duplicate';

export interface IntakeOptions {
  readonly database: DatabaseSync;
  readonly outbox: Outbox;
  readonly seal: Seal;
  readonly now: () => number;
  readonly remindAfterMs: number;
  readonly severities: SeverityScale;
  /** Returns the Matrix ID of a configured room. */
  readonly roomIdOf: (room: string) => string;
  /** Called after the commit with each room that has new messages. */
  readonly onCommitted: (room: string) => void;
}

interface Waiting {
  readonly group: AlertGroup;
  readonly room: string;
  readonly settle: PromiseWithResolvers<IntakeOutcome>;
}

/**
 * Stores notifications in the outbox. Notifications that arrive together share one commit, because waiting for the disk
 * is the main cost.
 */
export class Intake {
  readonly #options: IntakeOptions;
  #waiting: Waiting[] = [];

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the notification is on disk.
   * @throws if the commit failed; nothing is stored then
   */
  accept(group: AlertGroup, room: string): Promise<IntakeOutcome> {
    const settle = Promise.withResolvers<IntakeOutcome>();
    if (this.#waiting.length === 0) setImmediate(() => this.#commitWaiting());
    this.#waiting.push({ group, room, settle });
    return settle.promise;
  }

  #commitWaiting(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    try {
      const outcomes = inTransaction(this.#options.database, () =>
        batch.map(({ group, room }) => this.#store(group, room)),
      );
      for (const [index, { settle, room }] of batch.entries()) {
        const outcome = outcomes[index] ?? 'duplicate';
        if (outcome === 'accepted') this.#options.onCommitted(room);
        settle.resolve(outcome);
      }
    } catch (error) {
      for (const { settle } of batch) settle.reject(error);
    }
  }

  #store(group: AlertGroup, room: string): IntakeOutcome {
    const { outbox, seal, now: clock, remindAfterMs, roomIdOf } = this.#options;
    const now = clock();
    // The room ID, because a configured name can be given to another room.
    const lookup = seal.fingerprint(roomIdOf(room), group.receiver, group.groupKey);
    const card = outbox.findOpenCard(lookup);
    const decision = decide(card, group, { now, remindAfterMs });
    if (decision.kind === 'open') {
      const cardId = outbox.createCard(lookup, decision.posted, now);
      this.#enqueue(cardId, room, 'card', { group, unmentioned: 0, about: 'group' });
      return 'accepted';
    }
    if (!card) return 'duplicate';
    if (decision.kind === 'update') {
      const unmentioned = countUnmentioned(decision.posted, group);
      this.#update(card, room, { group, unmentioned, about: 'group' }, decision.started);
      outbox.updateCard(card.id, { posted: decision.posted, isOpen: !decision.closes, now });
      return 'accepted';
    }
    if (decision.kind === 'remind') {
      this.#enqueue(card.id, room, 'thread', { group, unmentioned: 0, about: 'reminder' });
      outbox.updateCard(card.id, { posted: card.posted, isOpen: true, now });
      return 'accepted';
    }
    outbox.touchCard(card.id, now);
    return 'duplicate';
  }

  #update(card: StoredCard, room: string, source: MessageSource, started: readonly string[]): void {
    const amended = this.#options.outbox.amendWaiting(card.id, source, this.#priorityOf(source.group));
    if (amended === undefined) this.#enqueue(card.id, room, 'edit', source);
    // The unposted card already covers the new alerts, so no thread message is needed.
    if (amended === 'card' || started.length === 0) return;
    const alerts = source.group.alerts.filter((alert) => started.includes(alert.fingerprint));
    this.#enqueue(card.id, room, 'thread', { group: { ...source.group, alerts }, unmentioned: 0, about: 'started' });
  }

  #enqueue(cardId: number, room: string, kind: 'card' | 'edit' | 'thread', source: MessageSource): void {
    this.#options.outbox.enqueue({
      cardId,
      room,
      kind,
      priority: this.#priorityOf(source.group),
      source,
      now: this.#options.now(),
    });
  }

  /** Firing alerts of the most urgent severity are sent first. */
  #priorityOf({ alerts }: AlertGroup): Priority {
    const isUrgent = alerts.some(
      ({ status, labels }) => status === 'firing' && severityRank(labels.severity, this.#options.severities) === 0,
    );
    return isUrgent ? 'critical' : 'normal';
  }
}
