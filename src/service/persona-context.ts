/**
 * What a persona's context consists of: its state, what is known of the user and itself, goals and promises.
 */
import type { Timestamp } from '../core/memory.ts';
import { stateFieldNames } from '../core/memory-fields.ts';
import type { Commitment } from './commitments.ts';

/** The state of a persona has the same fields as the state that a memory records. */
export const stateNames = stateFieldNames;
export const recordNames = ['user_info', 'persona_info', 'preferences'] as const;
export const listNames = ['goals', 'promises'] as const;

export type StateName = (typeof stateNames)[number];
export type ContextRecord = Readonly<Record<string, unknown>>;

export interface PersonaContext {
  readonly state: Readonly<Partial<Record<StateName, string | number>>>;
  readonly user_info: ContextRecord;
  readonly persona_info: ContextRecord;
  readonly preferences: ContextRecord;
  readonly goals: readonly Commitment[];
  readonly promises: readonly Commitment[];
  /** When the context last changed, and when its state did. */
  readonly updated_at?: Timestamp | undefined;
  readonly state_updated_at?: Timestamp | undefined;
  /** The last conversation with the original system, from its file. */
  readonly last_conversation?: Timestamp | undefined;
}
