import { type MatrixClient, type Room, RoomEvent } from 'matrix-js-sdk';
import { KnownMembership } from 'matrix-js-sdk/lib/types.js';

export interface InvitationEvents {
  /** The bridge has joined the room. */
  joined(roomId: string): void;
  joinFailed(roomId: string, error: unknown): void;
}

/** Accepts invitations to these rooms, pending ones included, and to no others. */
export function acceptInvitations(client: MatrixClient, roomIds: ReadonlySet<string>, events: InvitationEvents): void {
  const react = async ({ roomId }: Room, membership: string) => {
    if (!roomIds.has(roomId)) return;
    if (membership === KnownMembership.Join) return events.joined(roomId);
    if (membership !== KnownMembership.Invite) return;
    try {
      await client.joinRoom(roomId);
    } catch (error) {
      events.joinFailed(roomId, error);
    }
  };
  client.on(RoomEvent.MyMembership, (room, membership) => void react(room, membership));
  for (const room of client.getRooms()) void react(room, room.getMyMembership());
}
