/**
 * The driver that shares a process where that is possible, and otherwise uses one of its own, after one warning. What
 * prevents sharing is a matter of the machine, so it is not tried again.
 */
import type { Logger } from '../../core/logger.ts';
import type { InferenceOptions, InferenceStatus } from './inference-client.ts';
import type { InferenceWork } from './inference-protocol.ts';
import type { Answer, InferenceRunner } from './inference-runner.ts';
import { SharingError } from './shared/find-host.ts';

export interface FallbackInferenceDeps {
  readonly shared: InferenceRunner;
  readonly openOwn: () => InferenceRunner;
  readonly logger: Logger;
}

export function createFallbackInference({ shared, openOwn, logger }: FallbackInferenceDeps): InferenceRunner {
  let own: InferenceRunner | undefined;
  let reason: string | undefined;

  const fallBack = ({ message }: SharingError): InferenceRunner => {
    reason = message;
    logger.warn(`No inference process is shared with other servers, so this server uses its own: ${message}`);
    return openOwn();
  };

  return {
    async run(work: InferenceWork, options: InferenceOptions): Promise<Answer> {
      if (own !== undefined) return await own.run(work, options);
      try {
        return await shared.run(work, options);
      } catch (error) {
        if (!(error instanceof SharingError)) throw error;
        own ??= fallBack(error);
        return await own.run(work, options);
      }
    },
    status: (): InferenceStatus => (own === undefined ? shared.status() : { ...own.status(), reason }),
    async close(): Promise<void> {
      await Promise.all([shared.close(), own?.close()]);
    },
  };
}
