/** The definitions that the hub itself has, and those of the folders that the settings name. */
import type { Config } from '../config.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { loadDefinitions, type LoadOptions } from '../definitions/load.ts'
import { SEARCH_TYPE_NAMES } from '../search/types/index.ts'

/** @param root the folder of the project, with a slash at its end */
export async function definitionsOf(
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
