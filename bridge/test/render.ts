import { type RenderedMessage, render } from '../src/message/render.ts';
import { DEFAULT_SEVERITIES } from '../src/message/severity.ts';
import type { MessageSource } from '../src/outbox/outbox.ts';
import { NOON } from './alerts.ts';

/** Renders as a room in Berlin reads it, ten minutes after noon UTC. */
export function renderTestMessage(source: MessageSource): RenderedMessage {
  return render(source, { timeZone: 'Europe/Berlin', now: NOON + 10 * 60_000, severities: DEFAULT_SEVERITIES });
}
