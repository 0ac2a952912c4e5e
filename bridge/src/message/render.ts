import type { MessageSource } from '../outbox/outbox.ts';
import { type Draft, draftMessage, type RenderContext } from './draft.ts';
import { joinedLinks, plain } from './rich.ts';

/** A message twice: as plain text, and as the HTML that Matrix allows. */
export interface RenderedMessage {
  readonly body: string;
  readonly formattedBody: string;
}

/**
 * Limit of a rendered message as JSON, in bytes. A Matrix event holds 64 KiB; encryption adds a third, and an edit
 * carries its content twice.
 */
export const MAX_BYTES = 20_000;

/**
 * Renders a notification: the headline, what its alerts share, what differs for each, and one line of links. It always
 * fits: headline and counts survive, then as many alerts as there is room for, the most urgent first, and a line that
 * counts the rest.
 */
export function render(source: MessageSource, context: RenderContext): RenderedMessage {
  const draft = withRoomForItems(draftMessage(source, context));
  const unlisted = draft.omitted + source.group.truncatedAlerts + source.unmentioned;
  const assemble = (shown: number) => assembled(draft, shown, draft.items.length - shown + unlisted);
  let most = draft.items.length;
  let least = 0;
  // Bisection finds the largest number of alerts that fits, because every alert adds to the size.
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (fits(assemble(middle))) least = middle;
    else most = middle - 1;
  }
  return assemble(least);
}

/** Long links go first, then what the alerts share; the headline alone always fits. */
function withRoomForItems(draft: Draft): Draft {
  const withoutLinks = { ...draft, links: [] };
  const candidates = [draft, withoutLinks];
  return candidates.find((candidate) => fits(assembled(candidate, 0, 1))) ?? { ...withoutLinks, common: [] };
}

function fits(message: RenderedMessage): boolean {
  return Buffer.byteLength(JSON.stringify(message)) <= MAX_BYTES;
}

function assembled({ headline, common, items, links }: Draft, shown: number, hidden: number): RenderedMessage {
  const list = items.slice(0, shown);
  const more = hidden === 0 ? [] : [plain(`… and ${hidden} more`)];
  const below = [...more, joinedLinks(links)].filter(({ html }) => html !== '');
  const lines = [
    headline.text,
    ...common.map(({ text }) => `  ${text}`),
    ...list.map(({ text }) => `• ${text}`),
    ...below.map(({ text }) => text),
  ];
  const above = [headline, ...common].map(({ html }) => html).join('<br>');
  const listed = list.length === 0 ? '' : `<ul>${list.map(({ html }) => `<li>${html}</li>`).join('')}</ul>`;
  const separator = below.length === 0 || list.length > 0 ? '' : '<br>';
  return {
    body: lines.filter((line) => line !== '').join('\n'),
    formattedBody: `${above}${listed}${separator}${below.map(({ html }) => html).join('<br>')}`,
  };
}
