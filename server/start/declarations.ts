/** What a hub declares: its definitions and rule tables, checked, with the state of the index that they need. */
import type { Config } from '../config.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { loadDefinitions, type LoadOptions } from '../definitions/load.ts'
import type { TimerTable } from '../domain/timer/table.ts'
import { checkVisibility } from '../domain/visibility/check.ts'
import type { VisibilityRule } from '../domain/visibility/rule.ts'
import { checkParameters } from '../search/extract.ts'
import { SEARCH_TYPE_NAMES } from '../search/types/index.ts'
import { indexedDefinitions } from './indexed-definitions.ts'
import { loadRuleTables, type LoadedTables } from './load-rule-tables.ts'

export type DeclarationRules = {
  readonly load: LoadOptions
  /** @throws Error for tables that do not fit the definitions: the hub does not start */
  readonly checkTables: (tables: LoadedTables, definitions: Definitions) => void
  /** Does the visibility rule decide who may know of a record? */
  readonly restricts: boolean
}

/** In place of those of the project's folders. */
export type GivenDeclarations = {
  readonly definitions?: Definitions
  readonly visibility?: VisibilityRule
  readonly timers?: TimerTable
}

/** @param root the folder of the project, with a slash at its end */
export async function declarationsOf(
  config: Config,
  root: string,
  { load, checkTables, restricts }: DeclarationRules,
  given: GivenDeclarations,
) {
  const declared = given.definitions ?? (await definitionsOf(config, root, load))
  const loaded = await loadRuleTables(root)
  const { visibility = loaded.visibility, timers = loaded.timers } = given
  const tables = { ...loaded, visibility, timers }
  checkTables(tables, declared)
  const indexed = indexedDefinitions(declared, config, tables, restricts)
  const { definitions } = indexed
  for (const { searchParameters } of definitions.capabilities) checkParameters(searchParameters)
  return { definitions, indexed, tables }
}

/** What the hub itself has, and the folders that the settings name. */
async function definitionsOf(
  { definitions, textSearch }: Config,
  root: string,
  load: LoadOptions,
): Promise<Definitions> {
  const options = {
    searchTypes: SEARCH_TYPE_NAMES,
    ...load,
    ...(textSearch ? { textSearch: textSearch === 'on' } : {}),
  }
  if (definitions === undefined) return loadDefinitions(root, options)
  return (await import('../validate/check-definitions.ts')).loadCheckedDefinitions(root, definitions, options)
}

/** Closed by default: no type is offered without a rule of who may know of its records. */
export function everyTypeHasVisibility({ visibility }: LoadedTables, { capabilities }: Definitions): void {
  checkVisibility(
    visibility,
    capabilities.map(({ type }) => type),
  )
}
