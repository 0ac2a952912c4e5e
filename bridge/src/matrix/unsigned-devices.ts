import type { MatrixClient } from 'matrix-js-sdk';
import type { CryptoApi } from 'matrix-js-sdk/lib/crypto-api/index.js';

/** Counts the known devices of a room's members that their owners have not signed. */
export async function countUnsignedDevices(client: MatrixClient, crypto: CryptoApi, roomId: string): Promise<number> {
  const members = client.getRoom(roomId)?.getJoinedMembers() ?? [];
  const devices = await crypto.getUserDeviceInfo(members.map(({ userId }) => userId));
  let unsigned = 0;
  for (const [userId, byId] of devices) {
    for (const deviceId of byId.keys()) {
      const status = await crypto.getDeviceVerificationStatus(userId, deviceId);
      if (!status?.signedByOwner) unsigned += 1;
    }
  }
  return unsigned;
}
