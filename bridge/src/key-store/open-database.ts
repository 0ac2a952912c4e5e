import type { IdbDatabase, IdbFactory } from './fake-indexeddb.ts';

/** Opens a database. `upgrade` runs if the database does not have this `version` yet. */
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
      reject(error); // the error of the request itself contains no cause
      throw error;
    }
  });
  request.addEventListener('success', () => resolve(request.result));
  request.addEventListener('error', () => reject(request.error));
  return promise;
}
