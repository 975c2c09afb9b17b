/** What each value of HUB_RULES means. */
import type { Config } from '../config.ts'
import { isReadable } from '../search/extract.ts'
import { hubPolicy } from '../write/policy/hub.ts'
import { openPolicy } from '../write/policy/open.ts'
import type { PolicyChoice } from './create-needs.ts'
import { everyTypeHasVisibility, type DeclarationRules } from './declarations.ts'

type Mode = PolicyChoice &
  DeclarationRules & {
    /** Are the hub's own definitions, and the samples, records of the store? */
    readonly publishes: boolean
  }

export const MODES: Readonly<Record<Config['rules'], Mode>> = {
  hub: {
    load: {},
    checkTables: everyTypeHasVisibility,
    posts: true,
    publishes: true,
    restricts: true,
    policy: hubPolicy,
  },
  open: {
    load: { everyType: isReadable, textSearch: true },
    checkTables: () => undefined,
    posts: false,
    publishes: false,
    restricts: false,
    policy: openPolicy,
  },
}
