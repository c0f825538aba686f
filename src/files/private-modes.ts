/** Modes of what this program creates: for the owner alone. Platforms without modes ignore them. */
export const privateFileMode = 0o600;
export const privateFolderMode = 0o700;
