/** FHIR delete: the history stays, reads answer 410. https://hl7.org/fhir/R4/http.html#delete */
import { parseEtags } from '../fhir/etag.ts'
import type { Handler } from './call.ts'
import { keyOf, requireInteraction } from './target.ts'
import { retryOnConflict } from '../write/conflict.ts'
import { write } from '../write/pipeline.ts'
import type { WriteNeeds } from '../write/needs.ts'

export const remove =
  (needs: WriteNeeds): Handler =>
  async (call) => {
    requireInteraction(needs.definitions, call, 'delete')
    const key = keyOf(call)
    const ifMatch = call.ifMatch === undefined ? undefined : parseEtags(call.ifMatch, 'If-Match')
    return retryOnConflict(async () => {
      const [written] = await write(needs, call, [{ kind: 'remove', key, ifMatch, at: key.type }])
      const version = written?.version
      return { status: 204, ...(version ? { version: version.version, lastModified: version.at } : {}) }
    })
  }
