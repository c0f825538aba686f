/** How many turns of conversations a run stores unless it is told another number: years of chat would bury the rest. */
export const conversationLimit = 2_000;
