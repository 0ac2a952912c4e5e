import type { IdbDatabase, IdbFactory } from './fake-indexeddb.ts';

/** Opens a database of this process's IndexedDB; `upgrade` runs when `version` is new to it. */
export function openDatabase(
  factory: IdbFactory,
  name: string,
  version: number,
  upgrade: (database: IdbDatabase) => unknown,
): Promise<IdbDatabase> {
  const { promise, resolve, reject } = Promise.withResolvers<IdbDatabase>();
  const request = factory.open(name, version);
  request.addEventListener('upgradeneeded', () => {
    try {
      upgrade(request.result);
    } catch (error) {
      reject(error); // of the request's own error nothing could be learned
      throw error;
    }
  });
  request.addEventListener('success', () => resolve(request.result));
  request.addEventListener('error', () => reject(request.error));
  return promise;
}
