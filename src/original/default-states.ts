/** The states that the original system filled in where nobody had said anything. */
import type { StateField } from '../core/memory-fields.ts';

export const defaultStates: Readonly<Record<string, string>> = {
  emotion: 'neutral',
  physical_state: 'normal',
  mental_state: 'calm',
  environment: 'unknown',
  relationship_status: 'normal',
} satisfies Partial<Record<StateField, string>>;

/** The intensity of an emotion that nobody gave: as the column's default, and as the tool's. */
const defaultIntensities = [0, 0.5];

/** Whether an emotion and its intensity say nothing. */
export function isSilentEmotion(emotion: string | undefined, intensity: number | undefined): boolean {
  if (emotion === undefined) return true;
  return emotion === defaultStates.emotion && (intensity === undefined || defaultIntensities.includes(intensity));
}
