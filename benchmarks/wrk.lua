-- Asks for the paths of a file, one after the other, and prints the result as one line of JSON.
local paths, headers, place = {}, {}, 0

function init(arguments)
  for line in io.lines(arguments[1]) do paths[#paths + 1] = line end
  for place = 2, #arguments do
    local name, value = arguments[place]:match("^([%w-]+): (.*)$")
    headers[name] = value
  end
end

function request()
  place = place % #paths + 1
  return wrk.format("GET", paths[place], headers)
end

function done(summary, latency)
  local refused = summary.errors.status
  local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format(
    '\n{"requests": %d, "seconds": %f, "bytes": %d, "p50_ms": %f, "p99_ms": %f, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, refused, broken))
end
