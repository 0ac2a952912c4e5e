import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from '@repo/common/database';
import type { AlertGroup } from '../alerts/alert-group.ts';
import { type Decision, decide, isEvent } from '../alerts/ledger.ts';
import { countUnmentioned } from '../alerts/posted-alerts.ts';
import { type SeverityScale, severityRank } from '../message/severity.ts';
import type { Cards, StoredCard } from './cards.ts';
import type { MessageKind, MessageSource, Outbox, Priority } from './outbox.ts';
import type { Seal } from './seal.ts';
import { mergeStarted, withoutEnded } from './waiting-messages.ts';

export type IntakeOutcome = 'accepted' | 'duplicate';

export interface IntakeOptions {
  readonly database: DatabaseSync;
  readonly outbox: Outbox;
  readonly cards: Cards;
  readonly seal: Seal;
  readonly now: () => number;
  readonly remindAfterMs: number;
  readonly severities: SeverityScale;
  /** Whether alerts with a chart query get a picture. */
  readonly hasCharts: boolean;
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
    const { cards, seal, now: clock, remindAfterMs, roomIdOf } = this.#options;
    const now = clock();
    // The room ID, because a configured name can be given to another room.
    const lookup = seal.fingerprint(roomIdOf(room), group.receiver, group.groupKey);
    const card = cards.find(lookup);
    const decision = decide(card, group, { now, remindAfterMs });
    if (decision.kind === 'open') {
      if (card && decision.superseded.length > 0)
        this.#edit(card.id, room, { group: { ...group, alerts: decision.superseded }, unmentioned: 0, about: 'group' });
      const cardId = cards.create(lookup, decision.posted, now);
      const source = { group: { ...group, alerts: decision.alerts }, unmentioned: 0, about: 'group' } as const;
      this.#enqueue(cardId, room, 'card', source);
      this.#enqueueChart(cardId, room, source.group);
      return 'accepted';
    }
    if (!card) return 'duplicate';
    if (decision.kind === 'update') {
      this.#update(card, room, group, decision);
      cards.update(card.id, { posted: decision.posted, isOpen: !decision.closes, now });
      return 'accepted';
    }
    if (decision.kind === 'remind') {
      this.#remind(card.id, room, { ...group, alerts: decision.alerts });
      cards.update(card.id, { posted: card.posted, isOpen: true, now });
      return 'accepted';
    }
    cards.touch(card.id, now, decision.posted);
    return 'duplicate';
  }

  #update(card: StoredCard, room: string, group: AlertGroup, decision: Decision & { kind: 'update' }): void {
    const { outbox } = this.#options;
    const { posted, alerts, started } = decision;
    const shown = { ...group, alerts };
    // Events do not last, so earlier ones are not counted beside new ones.
    const unmentioned = group.alerts.every(isEvent) ? 0 : countUnmentioned(posted, group);
    const amended = this.#edit(card.id, room, { group: shown, unmentioned, about: 'group' });
    for (const message of outbox.waiting(card.id)) {
      if (message.kind !== 'thread') continue;
      const source = withoutEnded(message.source, posted);
      if (source === undefined) outbox.drop(message);
      else if (source !== message.source) outbox.amend(card.id, message, source, this.#priorityOf(source.group));
    }
    // The unposted card already covers the new alerts, so no thread message is needed.
    if (amended === 'card' || started.length === 0) return;
    const source: MessageSource = { group: { ...shown, alerts: started }, unmentioned: 0, about: 'started' };
    this.#enqueueOrMerge(card.id, room, source, mergeStarted);
    this.#enqueueChart(card.id, room, source.group);
  }

  #remind(cardId: number, room: string, group: AlertGroup): void {
    const source: MessageSource = { group, unmentioned: 0, about: 'reminder' };
    this.#enqueueOrMerge(cardId, room, source, (_, newer) => newer);
  }

  /** Edits a card, or changes the card or edit that still waits. Returns the kind of the message. */
  #edit(cardId: number, room: string, source: MessageSource): MessageKind {
    const waiting = this.#options.outbox.waiting(cardId).findLast(({ kind }) => kind === 'card' || kind === 'edit');
    if (waiting) this.#options.outbox.amend(cardId, waiting, source, this.#priorityOf(source.group));
    else this.#enqueue(cardId, room, 'edit', source);
    return waiting?.kind ?? 'edit';
  }

  #enqueueOrMerge(
    cardId: number,
    room: string,
    source: MessageSource,
    merge: (older: MessageSource, newer: MessageSource) => MessageSource,
  ): void {
    const { outbox } = this.#options;
    const waiting = outbox
      .waiting(cardId)
      .find((message) => message.source.about === source.about && message.kind === 'thread');
    if (!waiting) {
      this.#enqueue(cardId, room, 'thread', source);
      return;
    }
    const merged = merge(waiting.source, source);
    outbox.amend(cardId, waiting, merged, this.#priorityOf(merged.group));
  }

  /** One picture for each message, of its first alert that asks for one. It replaces a picture that still waits. */
  #enqueueChart(cardId: number, room: string, group: AlertGroup): void {
    const { outbox, hasCharts } = this.#options;
    const alert = group.alerts.find(({ status, annotations }) => status === 'firing' && annotations.chart_query);
    if (!hasCharts || !alert) return;
    const source: MessageSource = { group: { ...group, alerts: [alert] }, unmentioned: 0, about: 'started' };
    const waiting = outbox.waiting(cardId).find(({ kind }) => kind === 'file');
    if (waiting) outbox.drop(waiting);
    this.#enqueue(cardId, room, 'file', source);
  }

  #enqueue(cardId: number, room: string, kind: MessageKind, source: MessageSource): void {
    const { outbox, now } = this.#options;
    outbox.enqueue({ cardId, room, kind, priority: this.#priorityOf(source.group), source, now: now() });
  }

  /** Firing alerts of the most urgent severity are sent first. */
  #priorityOf({ alerts }: AlertGroup): Priority {
    const isUrgent = alerts.some(
      ({ status, labels }) => status === 'firing' && severityRank(labels.severity, this.#options.severities) === 0,
    );
    return isUrgent ? 'critical' : 'normal';
  }
}
