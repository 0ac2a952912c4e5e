import { IDBTransaction } from 'fake-indexeddb';

type Transaction = {
  readonly mode: string;
  listeners: unknown[];
  oncomplete: unknown;
  dispatchEvent(event: { readonly type: string }): boolean;
};

/**
 * Breaks an open key store on purpose: `complete` comes first, and the commit one turn of the event loop later. That is
 * the smallest mistake a key store can make, and the checks of the crash loop are worth something only if they see it.
 */
export function commitAfterComplete(): void {
  const transactions = IDBTransaction.prototype as unknown as Transaction;
  const commitAndComplete = transactions.dispatchEvent;
  const complete = (Object.getPrototypeOf(transactions) as Transaction).dispatchEvent;
  transactions.dispatchEvent = function (event) {
    if (event.type !== 'complete' || this.mode !== 'readwrite') return commitAndComplete.call(this, event);
    const result = complete.call(this, event);
    this.listeners = [];
    this.oncomplete = null;
    setImmediate(() => commitAndComplete.call(this, event));
    return result;
  };
}
