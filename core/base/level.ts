/*
 * A version that decides something otherwise than the one before it does so at a higher level of behaviour, and as the one before at a lower
 * one. The level in force is shared (`Shared.level`): nodes of several versions decide alike, since they decide at that level.
 */

/** At which everything was decided before there were levels. */
export const firstLevel = 1;

/** The highest at which this version can decide. Whoever changes a decision of the shared half raises it (CONTRIBUTING). */
export const highestLevel = 1;
