# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_effnet_global_optspecs
    string join \n q/quiet v/verbose color= h/help V/version
end

function __fish_effnet_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_effnet_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_effnet_using_subcommand
    set -l cmd (__fish_effnet_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c effnet -n "__fish_effnet_needs_command" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Also into files and pipes'
never\t'Not at all'"
complete -c effnet -n "__fish_effnet_needs_command" -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n "__fish_effnet_needs_command" -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n "__fish_effnet_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c effnet -n "__fish_effnet_needs_command" -s V -l version -d 'Print version'
complete -c effnet -n "__fish_effnet_needs_command" -f -a "classify" -d 'Label pictures'
complete -c effnet -n "__fish_effnet_needs_command" -f -a "models" -d 'List the published checkpoints'
complete -c effnet -n "__fish_effnet_needs_command" -f -a "info" -d 'Show what a model is: its layers, its parameters, how pictures are prepared'
complete -c effnet -n "__fish_effnet_needs_command" -f -a "download" -d 'Download checkpoints for later use'
complete -c effnet -n "__fish_effnet_needs_command" -f -a "bench" -d 'Time the forward pass on generated weights, without any download'
complete -c effnet -n "__fish_effnet_needs_command" -f -a "completions" -d 'Write a shell\'s completion script'
complete -c effnet -n "__fish_effnet_needs_command" -f -a "man" -d 'Write the manual page'
complete -c effnet -n "__fish_effnet_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l files-from -d 'Read paths from a file, one per line, or - for standard input' -r -F
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l variant -d 'Which EfficientNet: b0 to b8, v2-s, lite0, es, ..., or the small built-in model `demo` [default: b0]' -r -f -a "b0\t''
b1\t''
b2\t''
b3\t''
b4\t''
b5\t''
b6\t''
b7\t''
b8\t''
l2\t''
b1-pruned\t''
b2-pruned\t''
b3-pruned\t''
v2-b0\t''
v2-b1\t''
v2-b2\t''
v2-b3\t''
v2-s\t''
v2-m\t''
v2-l\t''
v2-xl\t''
v2-rw-t\t''
v2-rw-s\t''
v2-rw-m\t''
lite0\t''
lite1\t''
lite2\t''
lite3\t''
lite4\t''
es\t''
em\t''
el\t''
es-pruned\t''
el-pruned\t''
x-b5\t''
h-b5\t''
test\t''
demo\t''"
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l weights -d 'Which of the variant\'s published weights: ns, aa, ap, ra, in1k, ... [default: the most accurate]' -r
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l revision -d 'Branch, tag or commit on the Hub [default: main]' -r
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l model -d 'A Hub id (owner/name), a folder with config.json and model.safetensors, or a bare .safetensors file together with --variant' -r -F
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l labels -d 'A file with one label per line instead of the model\'s own labels' -r -F
complete -c effnet -n "__fish_effnet_using_subcommand classify" -s k -l top-k -d 'How many labels per picture' -r
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l min-score -d 'Leave out labels with a lower probability, 0 to 1' -r
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l format -d 'How to write the answers [default: as the ending of --output says, or text]' -r -f -a "text\t'For people'
json\t'One array'
jsonl\t'One object per line, each flushed'
csv\t'RFC 4180, one row per prediction'
tsv\t'As CSV, with tabs; tabs and line breaks within a field are escaped'"
complete -c effnet -n "__fish_effnet_using_subcommand classify" -s o -l output -d 'Write to a file instead of standard output' -r -F
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l device -d 'Where to run: auto, cpu, cuda, cuda:N or metal' -r
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l dtype -d 'What to compute with' -r -f -a "auto\t'f16 on an NVIDIA GPU, f32 elsewhere'
f32\t'The reference, and the only one on processors and on Apple\'s GPUs'
f16\t'Half the memory, on NVIDIA GPUs'
bf16\t'The same with f32\'s range and fewer digits'"
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l batch-size -d 'How many pictures go through the network at once [default: one per thread, on a GPU 64]' -r
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l threads -d 'How many threads to use [default: all cores]' -r
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l max-pixels -d 'Refuse pictures with more pixels' -r
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l max-bytes -d 'Refuse files with more bytes' -r
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Also into files and pipes'
never\t'Not at all'"
complete -c effnet -n "__fish_effnet_using_subcommand classify" -s r -l recursive -d 'Also look into the subfolders of folders'
complete -c effnet -n "__fish_effnet_using_subcommand classify" -s 0 -l null -d 'Paths in --files-from are separated by NUL, as `find -print0` writes them'
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l follow -d 'Follow links to folders that are found in folders'
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l hidden -d 'Also take files and folders whose names begin with a dot'
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l allow-empty -d 'Finding no pictures is no error'
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l offline -d 'Never connect; use what was downloaded before'
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l test-size -d 'Prepare pictures for the larger size that the model was tested at, if it has one'
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l sigmoid -d 'Score each label by itself, for models that were trained to give several to a picture'
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l json -d 'Short for --format json'
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l jsonl -d 'Short for --format jsonl'
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l csv -d 'Short for --format csv'
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l tsv -d 'Short for --format tsv'
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l no-header -d 'Leave out the line of CSV and TSV that names the columns'
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l resume -d 'Skip the pictures that the output file already holds, and append to it'
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l retry-failed -d 'With --resume, try those again that failed'
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l no-exif -d 'Do not turn pictures as their EXIF orientation says'
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l exact-decode -d 'Decode JPEG pictures at full size, even those of many times the size that the model sees'
complete -c effnet -n "__fish_effnet_using_subcommand classify" -l keep-going -d 'Exit with 0 even if some pictures failed'
complete -c effnet -n "__fish_effnet_using_subcommand classify" -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n "__fish_effnet_using_subcommand classify" -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n "__fish_effnet_using_subcommand classify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c effnet -n "__fish_effnet_using_subcommand classify" -s V -l version -d 'Print version'
complete -c effnet -n "__fish_effnet_using_subcommand models" -l search -d 'Of all, those whose name holds a word: `v2`, `in21k`, `lite`, ...' -r
complete -c effnet -n "__fish_effnet_using_subcommand models" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Also into files and pipes'
never\t'Not at all'"
complete -c effnet -n "__fish_effnet_using_subcommand models" -l all -d 'All of them, not only those of B0 to B7'
complete -c effnet -n "__fish_effnet_using_subcommand models" -l json -d 'Write one JSON array'
complete -c effnet -n "__fish_effnet_using_subcommand models" -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n "__fish_effnet_using_subcommand models" -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n "__fish_effnet_using_subcommand models" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c effnet -n "__fish_effnet_using_subcommand models" -s V -l version -d 'Print version'
complete -c effnet -n "__fish_effnet_using_subcommand info" -l variant -d 'What a bare .safetensors file is of' -r -f -a "b0\t''
b1\t''
b2\t''
b3\t''
b4\t''
b5\t''
b6\t''
b7\t''
b8\t''
l2\t''
b1-pruned\t''
b2-pruned\t''
b3-pruned\t''
v2-b0\t''
v2-b1\t''
v2-b2\t''
v2-b3\t''
v2-s\t''
v2-m\t''
v2-l\t''
v2-xl\t''
v2-rw-t\t''
v2-rw-s\t''
v2-rw-m\t''
lite0\t''
lite1\t''
lite2\t''
lite3\t''
lite4\t''
es\t''
em\t''
el\t''
es-pruned\t''
el-pruned\t''
x-b5\t''
h-b5\t''
test\t''
demo\t''"
complete -c effnet -n "__fish_effnet_using_subcommand info" -l weights -d 'Which of a variant\'s published weights [default: the most accurate]' -r
complete -c effnet -n "__fish_effnet_using_subcommand info" -l revision -d 'Branch, tag or commit on the Hub [default: main]' -r
complete -c effnet -n "__fish_effnet_using_subcommand info" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Also into files and pipes'
never\t'Not at all'"
complete -c effnet -n "__fish_effnet_using_subcommand info" -l test-size -d 'Show it for the larger size that the model was tested at, if it has one'
complete -c effnet -n "__fish_effnet_using_subcommand info" -l json -d 'Write one JSON object'
complete -c effnet -n "__fish_effnet_using_subcommand info" -l offline -d 'Never connect; use what was downloaded before'
complete -c effnet -n "__fish_effnet_using_subcommand info" -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n "__fish_effnet_using_subcommand info" -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n "__fish_effnet_using_subcommand info" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c effnet -n "__fish_effnet_using_subcommand info" -s V -l version -d 'Print version'
complete -c effnet -n "__fish_effnet_using_subcommand download" -l variant -d 'Which file of a repository that has one for each variant [default: b0]' -r -f -a "b0\t''
b1\t''
b2\t''
b3\t''
b4\t''
b5\t''
b6\t''
b7\t''
b8\t''
l2\t''
b1-pruned\t''
b2-pruned\t''
b3-pruned\t''
v2-b0\t''
v2-b1\t''
v2-b2\t''
v2-b3\t''
v2-s\t''
v2-m\t''
v2-l\t''
v2-xl\t''
v2-rw-t\t''
v2-rw-s\t''
v2-rw-m\t''
lite0\t''
lite1\t''
lite2\t''
lite3\t''
lite4\t''
es\t''
em\t''
el\t''
es-pruned\t''
el-pruned\t''
x-b5\t''
h-b5\t''
test\t''
demo\t''"
complete -c effnet -n "__fish_effnet_using_subcommand download" -l weights -d 'Which of the variants\' published weights [default: the most accurate]' -r
complete -c effnet -n "__fish_effnet_using_subcommand download" -l revision -d 'Branch, tag or commit on the Hub [default: main]' -r
complete -c effnet -n "__fish_effnet_using_subcommand download" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Also into files and pipes'
never\t'Not at all'"
complete -c effnet -n "__fish_effnet_using_subcommand download" -l offline -d 'Never connect; only say whether they were downloaded before'
complete -c effnet -n "__fish_effnet_using_subcommand download" -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n "__fish_effnet_using_subcommand download" -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n "__fish_effnet_using_subcommand download" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c effnet -n "__fish_effnet_using_subcommand download" -s V -l version -d 'Print version'
complete -c effnet -n "__fish_effnet_using_subcommand bench" -l variant -d 'Which EfficientNet' -r -f -a "b0\t''
b1\t''
b2\t''
b3\t''
b4\t''
b5\t''
b6\t''
b7\t''
b8\t''
l2\t''
b1-pruned\t''
b2-pruned\t''
b3-pruned\t''
v2-b0\t''
v2-b1\t''
v2-b2\t''
v2-b3\t''
v2-s\t''
v2-m\t''
v2-l\t''
v2-xl\t''
v2-rw-t\t''
v2-rw-s\t''
v2-rw-m\t''
lite0\t''
lite1\t''
lite2\t''
lite3\t''
lite4\t''
es\t''
em\t''
el\t''
es-pruned\t''
el-pruned\t''
x-b5\t''
h-b5\t''
test\t''
demo\t''"
complete -c effnet -n "__fish_effnet_using_subcommand bench" -l batch-size -d 'How many pictures go through the network at once' -r
complete -c effnet -n "__fish_effnet_using_subcommand bench" -l threads -d 'How many threads to use [default: all cores]' -r
complete -c effnet -n "__fish_effnet_using_subcommand bench" -l runs -d 'How many timed runs' -r
complete -c effnet -n "__fish_effnet_using_subcommand bench" -l device -d 'Where to run: auto, cpu, cuda, cuda:N or metal' -r
complete -c effnet -n "__fish_effnet_using_subcommand bench" -l dtype -d 'What to compute with' -r -f -a "auto\t'f16 on an NVIDIA GPU, f32 elsewhere'
f32\t'The reference, and the only one on processors and on Apple\'s GPUs'
f16\t'Half the memory, on NVIDIA GPUs'
bf16\t'The same with f32\'s range and fewer digits'"
complete -c effnet -n "__fish_effnet_using_subcommand bench" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Also into files and pipes'
never\t'Not at all'"
complete -c effnet -n "__fish_effnet_using_subcommand bench" -l layers -d 'Also list what each layer takes'
complete -c effnet -n "__fish_effnet_using_subcommand bench" -l json -d 'Write one JSON object'
complete -c effnet -n "__fish_effnet_using_subcommand bench" -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n "__fish_effnet_using_subcommand bench" -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n "__fish_effnet_using_subcommand bench" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c effnet -n "__fish_effnet_using_subcommand bench" -s V -l version -d 'Print version'
complete -c effnet -n "__fish_effnet_using_subcommand completions" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Also into files and pipes'
never\t'Not at all'"
complete -c effnet -n "__fish_effnet_using_subcommand completions" -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n "__fish_effnet_using_subcommand completions" -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n "__fish_effnet_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c effnet -n "__fish_effnet_using_subcommand completions" -s V -l version -d 'Print version'
complete -c effnet -n "__fish_effnet_using_subcommand man" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`'
always\t'Also into files and pipes'
never\t'Not at all'"
complete -c effnet -n "__fish_effnet_using_subcommand man" -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n "__fish_effnet_using_subcommand man" -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n "__fish_effnet_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c effnet -n "__fish_effnet_using_subcommand man" -s V -l version -d 'Print version'
complete -c effnet -n "__fish_effnet_using_subcommand help; and not __fish_seen_subcommand_from classify models info download bench completions man help" -f -a "classify" -d 'Label pictures'
complete -c effnet -n "__fish_effnet_using_subcommand help; and not __fish_seen_subcommand_from classify models info download bench completions man help" -f -a "models" -d 'List the published checkpoints'
complete -c effnet -n "__fish_effnet_using_subcommand help; and not __fish_seen_subcommand_from classify models info download bench completions man help" -f -a "info" -d 'Show what a model is: its layers, its parameters, how pictures are prepared'
complete -c effnet -n "__fish_effnet_using_subcommand help; and not __fish_seen_subcommand_from classify models info download bench completions man help" -f -a "download" -d 'Download checkpoints for later use'
complete -c effnet -n "__fish_effnet_using_subcommand help; and not __fish_seen_subcommand_from classify models info download bench completions man help" -f -a "bench" -d 'Time the forward pass on generated weights, without any download'
complete -c effnet -n "__fish_effnet_using_subcommand help; and not __fish_seen_subcommand_from classify models info download bench completions man help" -f -a "completions" -d 'Write a shell\'s completion script'
complete -c effnet -n "__fish_effnet_using_subcommand help; and not __fish_seen_subcommand_from classify models info download bench completions man help" -f -a "man" -d 'Write the manual page'
complete -c effnet -n "__fish_effnet_using_subcommand help; and not __fish_seen_subcommand_from classify models info download bench completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
