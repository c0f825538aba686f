/**
 * Opens access to a process that runs models: the one that the servers of this user share, or one of this server's own.
 */
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import type { ModelSettings } from '../model-settings.ts';
import { createFallbackInference } from './fallback-inference.ts';
import type { InferenceClient } from './inference-client.ts';
import { findBundled, type InferenceCommand } from './inference-process.ts';
import { createInferenceClient, type InferenceRunner } from './inference-runner.ts';
import { createLocalInference } from './local-inference.ts';
import { SharingError } from './shared/find-host.ts';
import { createSharedInference } from './shared/shared-inference.ts';

export interface OpenInferenceDeps {
  readonly settings: Pick<ModelSettings, 'embeddings' | 'idleMinutes' | 'sharing'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The command that starts a process of this server's own. */
  readonly command: () => InferenceCommand;
}

export function openInference({ settings, clock, logger, command }: OpenInferenceDeps): InferenceClient {
  const { idleMinutes, sharing } = settings;
  const openOwn = () => createLocalInference({ command, idleMinutes, clock, logger });
  if (sharing === undefined) return createInferenceClient(openOwn());
  const shared = openShared(settings, sharing, logger);
  return createInferenceClient(createFallbackInference({ shared, openOwn, logger }));
}

function openShared(
  { embeddings: { device, threads }, idleMinutes }: OpenInferenceDeps['settings'],
  { folder, environment }: NonNullable<ModelSettings['sharing']>,
  logger: Logger,
): InferenceRunner {
  if (folder === undefined) return unshareable('this user has no home folder');
  return createSharedInference({
    folder,
    command: () => findBundled('inference-host.cjs'),
    device,
    threads,
    idleMinutes,
    decisiveEnvironment: environment.decisive,
    plainEnvironment: environment.plain,
    logger,
  });
}

function unshareable(reason: string): InferenceRunner {
  return {
    run: () => Promise.reject(new SharingError(reason)),
    status: () => ({ process: 'shared' }),
    close: async () => {},
  };
}
