/** Ids of Organizations under which no agency can be entered: the hub and the board sign what they write with them. */
import type { Caller } from '../fhir/types.ts'

/** The hub itself, as author of what it writes without a caller. There is no such Organization. */
export const HUB = 'hub'

/** The hub as the writer of a change that it makes in its own name. */
export const HUB_CALLER: Caller = { agency: HUB, role: 'hub' }

/** The board, which speaks as itself: `Organization/board` is its own record. */
export const BOARD = 'board'
