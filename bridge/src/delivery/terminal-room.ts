import type { RoomPort } from './room-port.ts';

/** Prints each message, for a bridge without a Matrix account. */
export function createTerminalRoom(name: string, write: (text: string) => void): RoomPort {
  let count = 0;
  return {
    async send(content) {
      count += 1;
      const relation = content['m.relates_to'] as { rel_type: string; event_id: string } | undefined;
      const title = {
        none: `message ${count} in room ${name}`,
        'm.replace': `${relation?.event_id} in room ${name} now reads`,
        'm.thread': `message ${count} in the thread of ${relation?.event_id} in room ${name}`,
      }[relation?.rel_type ?? 'none'];
      const shown = (content['m.new_content'] as { body: string } | undefined) ?? content;
      const lines = String(shown.body).split('\n');
      write(
        `┌── ${title} (not sent: no Matrix account is configured)\n${lines.map((line) => `│ ${line}\n`).join('')}└──\n`,
      );
      return `message ${count}`;
    },
    // Nothing is stored; the text of the picture is printed.
    upload: async () => ({ url: '', v: '', key: { k: '' }, iv: '', hashes: {} }),
    find: async () => undefined,
    isRemoved: async () => false,
  };
}
