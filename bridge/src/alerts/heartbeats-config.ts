import { durationSchema, section } from '@repo/common/config';
import { z } from 'zod';

/** Heartbeats by name, as they are configured. */
export const heartbeatsSchema = z
  .record(
    z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, 'must be a name of letters, digits, "_", "-" and "."'),
    section({
      timeout: durationSchema({ atLeast: '10s' })
        .prefault('10m')
        .describe('The heartbeat is missing after this time without a signal.'),
      room: z.string().optional().describe('Room for the message. Defaults to the room of the receiver `default`.'),
      severity: z.string().min(1).default('critical').describe('Severity of the message.'),
    }),
  )
  .default({})
  .describe('Signals that must arrive at `/api/v1/heartbeat/NAME`, such as the Watchdog alert of Prometheus.');
