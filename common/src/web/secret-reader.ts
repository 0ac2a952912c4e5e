import type { Logger } from '../logger.ts';
import type { Secret } from '../secret.ts';

/** Returns the text of a secret, or undefined while it cannot be read. */
export type SecretReader = (secret: Secret) => string | undefined;

/**
 * Reads secrets for the web server. A file that cannot be read must not reject the holders of other credentials, so it
 * is reported to the log, once when it begins and once when it ends.
 */
export function createSecretReader(logger: Logger): SecretReader {
  const unreadable = new Set<string>();
  return (secret) => {
    const { file = '' } = secret;
    try {
      const text = secret.reveal();
      if (unreadable.delete(file)) logger.info({ file }, 'secret is readable again');
      return text;
    } catch (error) {
      if (!unreadable.has(file)) logger.error({ file, err: error }, 'cannot read secret, rejecting its holders');
      unreadable.add(file);
      return undefined;
    }
  };
}
