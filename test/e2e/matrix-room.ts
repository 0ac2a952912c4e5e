import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type NioClient, startNioClient } from '../components/nio-client.ts';
import { type Login, type Synapse, startSynapse } from '../components/synapse.ts';

/** A homeserver, the bridge's account, and a person who reads along in an encrypted room with another client. */
export interface MatrixRoom {
  readonly synapse: Synapse;
  readonly reader: NioClient;
  readonly homeserverUrl: string;
  readonly roomId: string;
  /** The bridge's login; its device is the bridge's alone. */
  readonly login: Login;
  readonly bridgePassword: string;
  stop(): Promise<void>;
}

export async function openMatrixRoom(
  directory: string,
  room: { rotationPeriodMsgs?: number } = {},
): Promise<MatrixRoom> {
  const synapse = await startSynapse({ directory: join(directory, 'synapse') });
  const [readerPassword, bridgePassword] = [randomBytes(12).toString('hex'), randomBytes(12).toString('hex')];
  const { userId } = await synapse.registerUser('bridge', bridgePassword);
  await synapse.registerUser('reader', readerPassword);
  const reader = await startNioClient({
    homeserver: synapse.url,
    user: 'reader',
    password: readerPassword,
    storeDirectory: join(directory, 'reader'),
  });
  const roomId = await reader.createEncryptedRoom({ invite: [userId], ...room });
  const login = await synapse.login('bridge', bridgePassword);
  return {
    synapse,
    reader,
    homeserverUrl: synapse.url,
    roomId,
    login,
    bridgePassword,
    async stop() {
      await reader.stop();
      await synapse.stop();
    },
  };
}
