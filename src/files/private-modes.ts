/** Modes of the files and folders that this program creates: owner only. Platforms without modes ignore them. */
export const privateFileMode = 0o600;
export const privateFolderMode = 0o700;
