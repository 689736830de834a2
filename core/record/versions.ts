/** The format of journals: what lines there are, and what an event looks like. `upcast` reads the earlier ones. */
export const journalVersion = 4;

/** The shape of the state and of the effects in a digest. Digests of another version are not compared: they always differ. */
export const digestVersion = 9;

/** The set of settings in `ServerStarted`. A new setting raises it, and `upcast` says what servers did before they had it. */
export const settingsVersion = 6;
