/** What the command was asked to check against; plain data, so that it can be handed to other threads. */
import path from 'node:path'
import { completing } from '../../completing.ts'
import { readPackages } from '../../definitions/packages.ts'
import { loadDefinitions } from '../../definitions/load.ts'
import { createValidator, type Rules } from '../../validate/create.ts'
import { refuseUnusable } from '../../validate/usable.ts'
import { createJudge, type Judge } from './judge.ts'

export type Setting = {
  readonly rules: Rules
  readonly profiles: readonly string[]
  /** Folders of definitions besides the hub's own. */
  readonly definitions: readonly string[]
}

const OWN = path.join(import.meta.dirname, '..', '..', '..')

/** Throws DefinitionFault for a definition that cannot be used; `isChecked`: whether that was looked at before. */
export async function judgeFor({ rules, profiles, definitions }: Setting, isChecked = false): Promise<Judge> {
  const additional = (await Promise.all(definitions.map(readPackages))).flat()
  const loaded = await loadDefinitions(OWN, { additional })
  if (!isChecked) await refuseUnusable(additional, loaded)
  const validator = createValidator(loaded, { rules })
  return createJudge(rules === 'hub' ? completing(validator) : validator, profiles)
}
