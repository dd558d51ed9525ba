// upload.mjs URL FILE HOW: uploads a file by tus-js-client and prints what came of it.
import {createReadStream, statSync} from 'node:fs'
import {PassThrough} from 'node:stream'
import {Upload} from 'tus-js-client'

const [endpoint, path, how] = process.argv.slice(2)
const MIB = 1024 * 1024
const ways = {
  whole: {},
  chunks: {chunkSize: MIB},
  creation: {uploadDataDuringCreation: true, chunkSize: MIB},
  parallel: {parallelUploads: 3},
  deferred: {uploadLengthDeferred: true, chunkSize: MIB},
  resumed: {chunkSize: MIB},
  ended: {chunkSize: MIB},
  'draft-03': {protocol: 'ietf-draft-03', chunkSize: MIB},
  'draft-05': {protocol: 'ietf-draft-05', chunkSize: MIB},
  'draft-03-resumed': {protocol: 'ietf-draft-03', chunkSize: MIB},
  'draft-05-resumed': {protocol: 'ietf-draft-05', chunkSize: MIB},
}
const resumed = how.endsWith('resumed')

const told = {url: '', errors: 0}
const options = {
  endpoint,
  headers: {Authorization: `Bearer ${process.env.SEPTET_KEY}`},
  metadata: {filename: `js-${how}.bin`, filetype: 'application/octet-stream'},
  retryDelays: null,
  ...ways[how],
}

// Settles when the upload has ended, or at the first chunk if it is to be stopped there.
function run(more, stop = false) {
  return new Promise((resolve, reject) => {
    const file = createReadStream(path)
    // Of a stream that is no file nobody knows the length.
    const upload = new Upload(how === 'deferred' ? file.pipe(new PassThrough()) : file, {
      ...(how === 'parallel' || how === 'deferred' ? {} : {uploadSize: statSync(path).size}),
      ...options,
      ...more,
      onError: (error) => {
        told.errors += 1
        reject(error)
      },
      onSuccess: () => resolve(upload),
      onChunkComplete: () => {
        if (stop) upload.abort(how === 'ended').then(() => resolve(upload))
      },
    })
    upload.start()
  })
}

const stopped = resumed || how === 'ended' ? await run({}, true) : null
const upload = resumed ? await run({uploadUrl: stopped.url}) : (stopped ?? (await run({})))
told.url = upload.url ?? endpoint
console.log(JSON.stringify(told))
