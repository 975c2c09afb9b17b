/** What `nwd validate` checks against, as plain data that can be handed to other threads. */
import path from 'node:path'
import { completing } from '../../write/complete.ts'
import { readPackages } from '../../definitions/packages.ts'
import { loadDefinitions } from '../../definitions/load.ts'
import { createValidator, type RuleSet } from '../../validate/create-validator.ts'
import { refuseUnusableDefinitions } from '../../validate/check-definitions.ts'
import { createChecker, type Checker } from './check.ts'

export type CheckOptions = {
  readonly rules: RuleSet
  readonly profiles: readonly string[]
  /** Folders of definitions in addition to the hub's own. */
  readonly definitions: readonly string[]
}

const OWN = path.join(import.meta.dirname, '..', '..', '..')

/** Throws DefinitionFault for a definition that cannot be used; `isChecked`: the caller has checked that already. */
export async function loadChecker({ rules, profiles, definitions }: CheckOptions, isChecked = false): Promise<Checker> {
  const additional = (await Promise.all(definitions.map(readPackages))).flat()
  const loaded = await loadDefinitions(OWN, { additional })
  if (!isChecked) await refuseUnusableDefinitions(additional, loaded)
  const validator = createValidator(loaded, { rules })
  return createChecker(rules === 'hub' ? completing(validator) : validator, profiles)
}
