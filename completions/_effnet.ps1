
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'effnet' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'effnet'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'effnet' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('classify', 'classify', [CompletionResultType]::ParameterValue, 'Label pictures')
            [CompletionResult]::new('find', 'find', [CompletionResultType]::ParameterValue, 'Find pictures that show something')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Show where in pictures labels are seen')
            [CompletionResult]::new('embed', 'embed', [CompletionResultType]::ParameterValue, 'Turn pictures into vectors: what the network sees before it names classes')
            [CompletionResult]::new('similar', 'similar', [CompletionResultType]::ParameterValue, 'Find similar pictures, or copies')
            [CompletionResult]::new('eval', 'eval', [CompletionResultType]::ParameterValue, 'Measure how often a model is right')
            [CompletionResult]::new('train', 'train', [CompletionResultType]::ParameterValue, 'Train a model of your own classes')
            [CompletionResult]::new('undo', 'undo', [CompletionResultType]::ParameterValue, 'Take back what `classify --sort-into` did')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Tell which files of records are missing, cut off, unfinished or of another model')
            [CompletionResult]::new('report', 'report', [CompletionResultType]::ParameterValue, 'Make a page of pictures that were labelled before, to look at in a browser')
            [CompletionResult]::new('models', 'models', [CompletionResultType]::ParameterValue, 'List the published checkpoints')
            [CompletionResult]::new('info', 'info', [CompletionResultType]::ParameterValue, 'Show what a model is: its layers, its parameters, how pictures are prepared')
            [CompletionResult]::new('download', 'download', [CompletionResultType]::ParameterValue, 'Download checkpoints for later use')
            [CompletionResult]::new('bench', 'bench', [CompletionResultType]::ParameterValue, 'Time the forward pass on generated weights, without any download')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Write a shell''s completion script')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Write the manual page')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'effnet;classify' {
            [CompletionResult]::new('--files-from', '--files-from', [CompletionResultType]::ParameterName, 'Read paths from a file, one per line, or - for standard input')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'What a picture on standard input is called in the output [default: -]')
            [CompletionResult]::new('--tar', '--tar', [CompletionResultType]::ParameterName, 'Read the pictures of a tar archive, whatever it is called, or of - for standard input')
            [CompletionResult]::new('--shard', '--shard', [CompletionResultType]::ParameterName, 'Take only part I of N, for N machines: 3/16; or auto in a job array, which says which part it is')
            [CompletionResult]::new('--variant', '--variant', [CompletionResultType]::ParameterName, 'Which EfficientNet: b0 to b8, v2-s, lite0, es, ..., demo [default: b0]')
            [CompletionResult]::new('--weights', '--weights', [CompletionResultType]::ParameterName, 'Which of the variant''s published weights: ns, aa, in1k, ... [default: the most accurate]')
            [CompletionResult]::new('--revision', '--revision', [CompletionResultType]::ParameterName, 'Branch, tag or commit on the Hub [default: main]')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'A model of your own: a folder, a file, or a Hub id (owner/name) or address')
            [CompletionResult]::new('--labels', '--labels', [CompletionResultType]::ParameterName, 'A file with one label per line instead of the model''s own labels')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'How many labels per picture, or `all`')
            [CompletionResult]::new('--top-k', '--top-k', [CompletionResultType]::ParameterName, 'How many labels per picture, or `all`')
            [CompletionResult]::new('--min-score', '--min-score', [CompletionResultType]::ParameterName, 'Leave out labels with a lower probability: 0.8, 80%; with --only, pictures')
            [CompletionResult]::new('--sure', '--sure', [CompletionResultType]::ParameterName, 'Also give the most precise answer that is at least so sure: "spaniel", or else "dog"')
            [CompletionResult]::new('--only', '--only', [CompletionResultType]::ParameterName, 'Leave out pictures that do not show it: a label, or anything above labels in WordNet')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to write the answers [default: as the ending of --output says, or text]')
            [CompletionResult]::new('--template', '--template', [CompletionResultType]::ParameterName, 'Print a line of your own for each picture: ''{path}\\t{label}\\t{score:.2}''')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write to a file instead of standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write to a file instead of standard output')
            [CompletionResult]::new('--report', '--report', [CompletionResultType]::ParameterName, 'Also make a page of all pictures, to look at in a browser')
            [CompletionResult]::new('--sort-into', '--sort-into', [CompletionResultType]::ParameterName, 'Put each picture into a folder of its best label below DIR, or with --sure of the sure one')
            [CompletionResult]::new('--device', '--device', [CompletionResultType]::ParameterName, 'Where to run: auto, cpu, cuda, cuda:N or metal')
            [CompletionResult]::new('--dtype', '--dtype', [CompletionResultType]::ParameterName, 'What to compute with')
            [CompletionResult]::new('--batch-size', '--batch-size', [CompletionResultType]::ParameterName, 'How many pictures go through the network at once [default: 4 per thread, or 1 of large ones; on a GPU 64]')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'How many threads to use [default: all cores]')
            [CompletionResult]::new('--max-pixels', '--max-pixels', [CompletionResultType]::ParameterName, 'Refuse pictures with more pixels: 50M, ... [default: 178,956,970, as Pillow]')
            [CompletionResult]::new('--max-bytes', '--max-bytes', [CompletionResultType]::ParameterName, 'Refuse files with more bytes: 500K, 10M, 1GiB, ... [default: 256M]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Also look into the subfolders of folders')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Also look into the subfolders of folders')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'NUL and not a line end separates the paths in --files-from, and what is printed for pictures')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'NUL and not a line end separates the paths in --files-from, and what is printed for pictures')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'Follow links to folders that are found in folders')
            [CompletionResult]::new('--hidden', '--hidden', [CompletionResultType]::ParameterName, 'Also take files and folders whose names begin with a dot')
            [CompletionResult]::new('--allow-empty', '--allow-empty', [CompletionResultType]::ParameterName, 'Finding no pictures is no error')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Never connect; use what was downloaded before')
            [CompletionResult]::new('--test-size', '--test-size', [CompletionResultType]::ParameterName, 'Prepare pictures for the larger size that the model was tested at, if it has one')
            [CompletionResult]::new('--sigmoid', '--sigmoid', [CompletionResultType]::ParameterName, 'Score each label by itself, for models that were trained to give several to a picture')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('--jsonl', '--jsonl', [CompletionResultType]::ParameterName, 'Short for --format jsonl')
            [CompletionResult]::new('--csv', '--csv', [CompletionResultType]::ParameterName, 'Short for --format csv')
            [CompletionResult]::new('--tsv', '--tsv', [CompletionResultType]::ParameterName, 'Short for --format tsv')
            [CompletionResult]::new('--label-only', '--label-only', [CompletionResultType]::ParameterName, 'Print the best label alone, or with --sure the sure one; a line for each picture')
            [CompletionResult]::new('--no-header', '--no-header', [CompletionResultType]::ParameterName, 'Leave out the line of CSV and TSV that names the columns')
            [CompletionResult]::new('--resume', '--resume', [CompletionResultType]::ParameterName, 'Skip the pictures that the output file already holds, and append to it')
            [CompletionResult]::new('--retry-failed', '--retry-failed', [CompletionResultType]::ParameterName, 'With --resume, try those again that failed')
            [CompletionResult]::new('--link', '--link', [CompletionResultType]::ParameterName, 'Sort by links to the pictures, which stay where they are; this is the default')
            [CompletionResult]::new('--copy', '--copy', [CompletionResultType]::ParameterName, 'Sort copies of the pictures')
            [CompletionResult]::new('--move', '--move', [CompletionResultType]::ParameterName, 'Move the pictures themselves')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would go where, and do nothing')
            [CompletionResult]::new('--no-exif', '--no-exif', [CompletionResultType]::ParameterName, 'Do not turn pictures as their EXIF orientation says')
            [CompletionResult]::new('--exact-decode', '--exact-decode', [CompletionResultType]::ParameterName, 'Decode JPEG pictures at full size, even those of many times the size that the model sees')
            [CompletionResult]::new('--keep-going', '--keep-going', [CompletionResultType]::ParameterName, 'Exit with 0 even if some pictures failed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            break
        }
        'effnet;find' {
            [CompletionResult]::new('--files-from', '--files-from', [CompletionResultType]::ParameterName, 'Read paths from a file, one per line, or - for standard input')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'What a picture on standard input is called in the output [default: -]')
            [CompletionResult]::new('--tar', '--tar', [CompletionResultType]::ParameterName, 'Read the pictures of a tar archive, whatever it is called, or of - for standard input')
            [CompletionResult]::new('--shard', '--shard', [CompletionResultType]::ParameterName, 'Take only part I of N, for N machines: 3/16; or auto in a job array, which says which part it is')
            [CompletionResult]::new('--variant', '--variant', [CompletionResultType]::ParameterName, 'Which EfficientNet: b0 to b8, v2-s, lite0, es, ..., demo [default: b0]')
            [CompletionResult]::new('--weights', '--weights', [CompletionResultType]::ParameterName, 'Which of the variant''s published weights: ns, aa, in1k, ... [default: the most accurate]')
            [CompletionResult]::new('--revision', '--revision', [CompletionResultType]::ParameterName, 'Branch, tag or commit on the Hub [default: main]')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'A model of your own: a folder, a file, or a Hub id (owner/name) or address')
            [CompletionResult]::new('--labels', '--labels', [CompletionResultType]::ParameterName, 'A file with one label per line instead of the model''s own labels')
            [CompletionResult]::new('--min-score', '--min-score', [CompletionResultType]::ParameterName, 'How likely it must be, over all labels that the query means together: 0.8, 80%')
            [CompletionResult]::new('--device', '--device', [CompletionResultType]::ParameterName, 'Where to run: auto, cpu, cuda, cuda:N or metal')
            [CompletionResult]::new('--dtype', '--dtype', [CompletionResultType]::ParameterName, 'What to compute with')
            [CompletionResult]::new('--batch-size', '--batch-size', [CompletionResultType]::ParameterName, 'How many pictures go through the network at once [default: 4 per thread, or 1 of large ones; on a GPU 64]')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'How many threads to use [default: all cores]')
            [CompletionResult]::new('--max-pixels', '--max-pixels', [CompletionResultType]::ParameterName, 'Refuse pictures with more pixels: 50M, ... [default: 178,956,970, as Pillow]')
            [CompletionResult]::new('--max-bytes', '--max-bytes', [CompletionResultType]::ParameterName, 'Refuse files with more bytes: 500K, 10M, 1GiB, ... [default: 256M]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Also look into the subfolders of folders')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Also look into the subfolders of folders')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'NUL and not a line end separates the paths in --files-from, and what is printed for pictures')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'NUL and not a line end separates the paths in --files-from, and what is printed for pictures')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'Follow links to folders that are found in folders')
            [CompletionResult]::new('--hidden', '--hidden', [CompletionResultType]::ParameterName, 'Also take files and folders whose names begin with a dot')
            [CompletionResult]::new('--allow-empty', '--allow-empty', [CompletionResultType]::ParameterName, 'Finding no pictures is no error')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Never connect; use what was downloaded before')
            [CompletionResult]::new('--test-size', '--test-size', [CompletionResultType]::ParameterName, 'Prepare pictures for the larger size that the model was tested at, if it has one')
            [CompletionResult]::new('--not', '--not', [CompletionResultType]::ParameterName, 'Find the pictures that do not show it')
            [CompletionResult]::new('--no-exif', '--no-exif', [CompletionResultType]::ParameterName, 'Do not turn pictures as their EXIF orientation says')
            [CompletionResult]::new('--exact-decode', '--exact-decode', [CompletionResultType]::ParameterName, 'Decode JPEG pictures at full size, even those of many times the size that the model sees')
            [CompletionResult]::new('--keep-going', '--keep-going', [CompletionResultType]::ParameterName, 'Exit with 0 even if some pictures failed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            break
        }
        'effnet;explain' {
            [CompletionResult]::new('--files-from', '--files-from', [CompletionResultType]::ParameterName, 'Read paths from a file, one per line, or - for standard input')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'What a picture on standard input is called in the output [default: -]')
            [CompletionResult]::new('--tar', '--tar', [CompletionResultType]::ParameterName, 'Read the pictures of a tar archive, whatever it is called, or of - for standard input')
            [CompletionResult]::new('--shard', '--shard', [CompletionResultType]::ParameterName, 'Take only part I of N, for N machines: 3/16; or auto in a job array, which says which part it is')
            [CompletionResult]::new('--variant', '--variant', [CompletionResultType]::ParameterName, 'Which EfficientNet: b0 to b8, v2-s, lite0, es, ..., demo [default: b0]')
            [CompletionResult]::new('--weights', '--weights', [CompletionResultType]::ParameterName, 'Which of the variant''s published weights: ns, aa, in1k, ... [default: the most accurate]')
            [CompletionResult]::new('--revision', '--revision', [CompletionResultType]::ParameterName, 'Branch, tag or commit on the Hub [default: main]')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'A model of your own: a folder, a file, or a Hub id (owner/name) or address')
            [CompletionResult]::new('--labels', '--labels', [CompletionResultType]::ParameterName, 'A file with one label per line instead of the model''s own labels')
            [CompletionResult]::new('--label', '--label', [CompletionResultType]::ParameterName, 'Explain this label, WordNet id or index, whatever the picture shows; may be given again')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'How many of the best labels to explain [default: 1]')
            [CompletionResult]::new('--top-k', '--top-k', [CompletionResultType]::ParameterName, 'How many of the best labels to explain [default: 1]')
            [CompletionResult]::new('--against', '--against', [CompletionResultType]::ParameterName, 'Explain why not this label: what speaks for the other, less what speaks for this')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write coloured pictures to a folder, or of one picture and one label to FILE.png')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write coloured pictures to a folder, or of one picture and one label to FILE.png')
            [CompletionResult]::new('--device', '--device', [CompletionResultType]::ParameterName, 'Where to run: auto, cpu, cuda, cuda:N or metal')
            [CompletionResult]::new('--dtype', '--dtype', [CompletionResultType]::ParameterName, 'What to compute with')
            [CompletionResult]::new('--batch-size', '--batch-size', [CompletionResultType]::ParameterName, 'How many pictures go through the network at once [default: 4 per thread, or 1 of large ones; on a GPU 64]')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'How many threads to use [default: all cores]')
            [CompletionResult]::new('--max-pixels', '--max-pixels', [CompletionResultType]::ParameterName, 'Refuse pictures with more pixels: 50M, ... [default: 178,956,970, as Pillow]')
            [CompletionResult]::new('--max-bytes', '--max-bytes', [CompletionResultType]::ParameterName, 'Refuse files with more bytes: 500K, 10M, 1GiB, ... [default: 256M]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Also look into the subfolders of folders')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Also look into the subfolders of folders')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'NUL and not a line end separates the paths in --files-from, and what is printed for pictures')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'NUL and not a line end separates the paths in --files-from, and what is printed for pictures')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'Follow links to folders that are found in folders')
            [CompletionResult]::new('--hidden', '--hidden', [CompletionResultType]::ParameterName, 'Also take files and folders whose names begin with a dot')
            [CompletionResult]::new('--allow-empty', '--allow-empty', [CompletionResultType]::ParameterName, 'Finding no pictures is no error')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Never connect; use what was downloaded before')
            [CompletionResult]::new('--test-size', '--test-size', [CompletionResultType]::ParameterName, 'Prepare pictures for the larger size that the model was tested at, if it has one')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Blur the strongest fifth of what the network sees, look again, and tell both scores')
            [CompletionResult]::new('--sigmoid', '--sigmoid', [CompletionResultType]::ParameterName, 'Score each label by itself, for models that were trained to give several to a picture')
            [CompletionResult]::new('--signed', '--signed', [CompletionResultType]::ParameterName, 'Show in red what speaks for a label and in blue what speaks against it')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON array')
            [CompletionResult]::new('--jsonl', '--jsonl', [CompletionResultType]::ParameterName, 'Write one JSON object per picture and line')
            [CompletionResult]::new('--raw', '--raw', [CompletionResultType]::ParameterName, 'Add the logits of all places to the JSON')
            [CompletionResult]::new('--no-exif', '--no-exif', [CompletionResultType]::ParameterName, 'Do not turn pictures as their EXIF orientation says')
            [CompletionResult]::new('--exact-decode', '--exact-decode', [CompletionResultType]::ParameterName, 'Decode JPEG pictures at full size, even those of many times the size that the model sees')
            [CompletionResult]::new('--keep-going', '--keep-going', [CompletionResultType]::ParameterName, 'Exit with 0 even if some pictures failed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            break
        }
        'effnet;embed' {
            [CompletionResult]::new('--files-from', '--files-from', [CompletionResultType]::ParameterName, 'Read paths from a file, one per line, or - for standard input')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'What a picture on standard input is called in the output [default: -]')
            [CompletionResult]::new('--tar', '--tar', [CompletionResultType]::ParameterName, 'Read the pictures of a tar archive, whatever it is called, or of - for standard input')
            [CompletionResult]::new('--shard', '--shard', [CompletionResultType]::ParameterName, 'Take only part I of N, for N machines: 3/16; or auto in a job array, which says which part it is')
            [CompletionResult]::new('--variant', '--variant', [CompletionResultType]::ParameterName, 'Which EfficientNet: b0 to b8, v2-s, lite0, es, ..., demo [default: b0]')
            [CompletionResult]::new('--weights', '--weights', [CompletionResultType]::ParameterName, 'Which of the variant''s published weights: ns, aa, in1k, ... [default: the most accurate]')
            [CompletionResult]::new('--revision', '--revision', [CompletionResultType]::ParameterName, 'Branch, tag or commit on the Hub [default: main]')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'A model of your own: a folder, a file, or a Hub id (owner/name) or address')
            [CompletionResult]::new('--labels', '--labels', [CompletionResultType]::ParameterName, 'A file with one label per line instead of the model''s own labels')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write to FILE.npy or FILE.safetensors instead of JSON Lines to standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write to FILE.npy or FILE.safetensors instead of JSON Lines to standard output')
            [CompletionResult]::new('--device', '--device', [CompletionResultType]::ParameterName, 'Where to run: auto, cpu, cuda, cuda:N or metal')
            [CompletionResult]::new('--dtype', '--dtype', [CompletionResultType]::ParameterName, 'What to compute with')
            [CompletionResult]::new('--batch-size', '--batch-size', [CompletionResultType]::ParameterName, 'How many pictures go through the network at once [default: 4 per thread, or 1 of large ones; on a GPU 64]')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'How many threads to use [default: all cores]')
            [CompletionResult]::new('--max-pixels', '--max-pixels', [CompletionResultType]::ParameterName, 'Refuse pictures with more pixels: 50M, ... [default: 178,956,970, as Pillow]')
            [CompletionResult]::new('--max-bytes', '--max-bytes', [CompletionResultType]::ParameterName, 'Refuse files with more bytes: 500K, 10M, 1GiB, ... [default: 256M]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Also look into the subfolders of folders')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Also look into the subfolders of folders')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'NUL and not a line end separates the paths in --files-from, and what is printed for pictures')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'NUL and not a line end separates the paths in --files-from, and what is printed for pictures')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'Follow links to folders that are found in folders')
            [CompletionResult]::new('--hidden', '--hidden', [CompletionResultType]::ParameterName, 'Also take files and folders whose names begin with a dot')
            [CompletionResult]::new('--allow-empty', '--allow-empty', [CompletionResultType]::ParameterName, 'Finding no pictures is no error')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Never connect; use what was downloaded before')
            [CompletionResult]::new('--test-size', '--test-size', [CompletionResultType]::ParameterName, 'Prepare pictures for the larger size that the model was tested at, if it has one')
            [CompletionResult]::new('--resume', '--resume', [CompletionResultType]::ParameterName, 'Skip the pictures that the output file already holds, and add the others')
            [CompletionResult]::new('--normalize', '--normalize', [CompletionResultType]::ParameterName, 'Divide each vector by its length, so that a dot product is a cosine')
            [CompletionResult]::new('--no-exif', '--no-exif', [CompletionResultType]::ParameterName, 'Do not turn pictures as their EXIF orientation says')
            [CompletionResult]::new('--exact-decode', '--exact-decode', [CompletionResultType]::ParameterName, 'Decode JPEG pictures at full size, even those of many times the size that the model sees')
            [CompletionResult]::new('--keep-going', '--keep-going', [CompletionResultType]::ParameterName, 'Exit with 0 even if some pictures failed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            break
        }
        'effnet;similar' {
            [CompletionResult]::new('--in', '--in', [CompletionResultType]::ParameterName, 'Where to look: a folder, or a file of `effnet embed`')
            [CompletionResult]::new('--variant', '--variant', [CompletionResultType]::ParameterName, 'Which EfficientNet: b0 to b8, v2-s, lite0, es, ..., demo [default: b0]')
            [CompletionResult]::new('--weights', '--weights', [CompletionResultType]::ParameterName, 'Which of the variant''s published weights: ns, aa, in1k, ... [default: the most accurate]')
            [CompletionResult]::new('--revision', '--revision', [CompletionResultType]::ParameterName, 'Branch, tag or commit on the Hub [default: main]')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'A model of your own: a folder, a file, or a Hub id (owner/name) or address')
            [CompletionResult]::new('--labels', '--labels', [CompletionResultType]::ParameterName, 'A file with one label per line instead of the model''s own labels')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'How many similar pictures per query, or `all`')
            [CompletionResult]::new('--top-k', '--top-k', [CompletionResultType]::ParameterName, 'How many similar pictures per query, or `all`')
            [CompletionResult]::new('--min-cosine', '--min-cosine', [CompletionResultType]::ParameterName, 'Leave out pictures with a lower cosine: 0.8, 80%')
            [CompletionResult]::new('--device', '--device', [CompletionResultType]::ParameterName, 'Where to run: auto, cpu, cuda, cuda:N or metal')
            [CompletionResult]::new('--dtype', '--dtype', [CompletionResultType]::ParameterName, 'What to compute with')
            [CompletionResult]::new('--batch-size', '--batch-size', [CompletionResultType]::ParameterName, 'How many pictures go through the network at once [default: 4 per thread, or 1 of large ones; on a GPU 64]')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'How many threads to use [default: all cores]')
            [CompletionResult]::new('--max-pixels', '--max-pixels', [CompletionResultType]::ParameterName, 'Refuse pictures with more pixels: 50M, ... [default: 178,956,970, as Pillow]')
            [CompletionResult]::new('--max-bytes', '--max-bytes', [CompletionResultType]::ParameterName, 'Refuse files with more bytes: 500K, 10M, 1GiB, ... [default: 256M]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Also look into the subfolders of folders')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Also look into the subfolders of folders')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Never connect; use what was downloaded before')
            [CompletionResult]::new('--test-size', '--test-size', [CompletionResultType]::ParameterName, 'Prepare pictures for the larger size that the model was tested at, if it has one')
            [CompletionResult]::new('--duplicates', '--duplicates', [CompletionResultType]::ParameterName, 'Group the pictures that are copies of each other')
            [CompletionResult]::new('--jsonl', '--jsonl', [CompletionResultType]::ParameterName, 'Write a JSON object per line')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'Write paths alone, each with NUL behind it, for `xargs -0`; of copies not the ones to keep')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'Write paths alone, each with NUL behind it, for `xargs -0`; of copies not the ones to keep')
            [CompletionResult]::new('--no-exif', '--no-exif', [CompletionResultType]::ParameterName, 'Do not turn pictures as their EXIF orientation says')
            [CompletionResult]::new('--exact-decode', '--exact-decode', [CompletionResultType]::ParameterName, 'Decode JPEG pictures at full size, even those of many times the size that the model sees')
            [CompletionResult]::new('--keep-going', '--keep-going', [CompletionResultType]::ParameterName, 'Exit with 0 even if some pictures failed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            break
        }
        'effnet;eval' {
            [CompletionResult]::new('--files-from', '--files-from', [CompletionResultType]::ParameterName, 'Read paths from a file, one per line, or - for standard input')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'What a picture on standard input is called in the output [default: -]')
            [CompletionResult]::new('--tar', '--tar', [CompletionResultType]::ParameterName, 'Read the pictures of a tar archive, whatever it is called, or of - for standard input')
            [CompletionResult]::new('--shard', '--shard', [CompletionResultType]::ParameterName, 'Take only part I of N, for N machines: 3/16; or auto in a job array, which says which part it is')
            [CompletionResult]::new('--truth', '--truth', [CompletionResultType]::ParameterName, 'What the pictures show: CSV, TSV or JSON Lines of paths and labels, or lines of both')
            [CompletionResult]::new('--real-labels', '--real-labels', [CompletionResultType]::ParameterName, 'Count by the ReaL labels of ImageNet''s validation pictures too (real.json)')
            [CompletionResult]::new('--valid-labels', '--valid-labels', [CompletionResultType]::ParameterName, 'The only classes that can be right: a file with an index, WordNet id or label a line')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Score what `classify --jsonl` saved, without a network; -k all saves what all numbers need')
            [CompletionResult]::new('--variant', '--variant', [CompletionResultType]::ParameterName, 'Which EfficientNet: b0 to b8, v2-s, lite0, es, ..., demo [default: b0]')
            [CompletionResult]::new('--weights', '--weights', [CompletionResultType]::ParameterName, 'Which of the variant''s published weights: ns, aa, in1k, ... [default: the most accurate]')
            [CompletionResult]::new('--revision', '--revision', [CompletionResultType]::ParameterName, 'Branch, tag or commit on the Hub [default: main]')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'A model of your own: a folder, a file, or a Hub id (owner/name) or address')
            [CompletionResult]::new('--labels', '--labels', [CompletionResultType]::ParameterName, 'A file with one label per line instead of the model''s own labels')
            [CompletionResult]::new('--against', '--against', [CompletionResultType]::ParameterName, 'Compare with what `classify --jsonl` saved of another model on the same pictures')
            [CompletionResult]::new('--confusion', '--confusion', [CompletionResultType]::ParameterName, 'Write how often each class was taken for each, as CSV')
            [CompletionResult]::new('--wrong', '--wrong', [CompletionResultType]::ParameterName, 'Write the wrong answers as classify --jsonl does, and the truth with them')
            [CompletionResult]::new('--fail-under', '--fail-under', [CompletionResultType]::ParameterName, 'Exit with 1 if the top-1 accuracy is lower: 0.9, 90%')
            [CompletionResult]::new('--device', '--device', [CompletionResultType]::ParameterName, 'Where to run: auto, cpu, cuda, cuda:N or metal')
            [CompletionResult]::new('--dtype', '--dtype', [CompletionResultType]::ParameterName, 'What to compute with')
            [CompletionResult]::new('--batch-size', '--batch-size', [CompletionResultType]::ParameterName, 'How many pictures go through the network at once [default: 4 per thread, or 1 of large ones; on a GPU 64]')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'How many threads to use [default: all cores]')
            [CompletionResult]::new('--max-pixels', '--max-pixels', [CompletionResultType]::ParameterName, 'Refuse pictures with more pixels: 50M, ... [default: 178,956,970, as Pillow]')
            [CompletionResult]::new('--max-bytes', '--max-bytes', [CompletionResultType]::ParameterName, 'Refuse files with more bytes: 500K, 10M, 1GiB, ... [default: 256M]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-0', '-0', [CompletionResultType]::ParameterName, 'NUL and not a line end separates the paths in --files-from, and what is printed for pictures')
            [CompletionResult]::new('--null', '--null', [CompletionResultType]::ParameterName, 'NUL and not a line end separates the paths in --files-from, and what is printed for pictures')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'Follow links to folders that are found in folders')
            [CompletionResult]::new('--hidden', '--hidden', [CompletionResultType]::ParameterName, 'Also take files and folders whose names begin with a dot')
            [CompletionResult]::new('--ignore-unknown', '--ignore-unknown', [CompletionResultType]::ParameterName, 'Leave out the pictures that show no class of the model, or of which nothing is known')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Never connect; use what was downloaded before')
            [CompletionResult]::new('--test-size', '--test-size', [CompletionResultType]::ParameterName, 'Prepare pictures for the larger size that the model was tested at, if it has one')
            [CompletionResult]::new('--sigmoid', '--sigmoid', [CompletionResultType]::ParameterName, 'Score each label by itself, for models that were trained to give several to a picture')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON object')
            [CompletionResult]::new('--no-exif', '--no-exif', [CompletionResultType]::ParameterName, 'Do not turn pictures as their EXIF orientation says')
            [CompletionResult]::new('--exact-decode', '--exact-decode', [CompletionResultType]::ParameterName, 'Decode JPEG pictures at full size, even those of many times the size that the model sees')
            [CompletionResult]::new('--keep-going', '--keep-going', [CompletionResultType]::ParameterName, 'Exit with 0 even if some pictures failed')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Also look into the subfolders of folders')
            [CompletionResult]::new('--recursive', '--recursive', [CompletionResultType]::ParameterName, 'Also look into the subfolders of folders')
            [CompletionResult]::new('--allow-empty', '--allow-empty', [CompletionResultType]::ParameterName, 'Finding no pictures is no error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            break
        }
        'effnet;train' {
            [CompletionResult]::new('--truth', '--truth', [CompletionResultType]::ParameterName, 'What the pictures show, instead of their folders: CSV, TSV or JSON Lines of paths and labels, or lines of both, as for `effnet eval`')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Learn from the features that `effnet embed -o` wrote; the classes are the folders in the paths')
            [CompletionResult]::new('--variant', '--variant', [CompletionResultType]::ParameterName, 'Which EfficientNet: b0 to b8, v2-s, lite0, es, ..., demo [default: b0]')
            [CompletionResult]::new('--weights', '--weights', [CompletionResultType]::ParameterName, 'Which of the variant''s published weights: ns, aa, in1k, ... [default: the most accurate]')
            [CompletionResult]::new('--revision', '--revision', [CompletionResultType]::ParameterName, 'Branch, tag or commit on the Hub [default: main]')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'A model of your own: a folder, a file, or a Hub id (owner/name) or address')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Which pictures are left out together while the others are learnt from')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Where the model is written: a new folder, or one that `effnet train` made before')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Where the model is written: a new folder, or one that `effnet train` made before')
            [CompletionResult]::new('--device', '--device', [CompletionResultType]::ParameterName, 'Where to run: auto, cpu, cuda, cuda:N or metal')
            [CompletionResult]::new('--dtype', '--dtype', [CompletionResultType]::ParameterName, 'What to compute with')
            [CompletionResult]::new('--batch-size', '--batch-size', [CompletionResultType]::ParameterName, 'How many pictures go through the network at once [default: 4 per thread, or 1 of large ones; on a GPU 64]')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'How many threads to use [default: all cores]')
            [CompletionResult]::new('--max-pixels', '--max-pixels', [CompletionResultType]::ParameterName, 'Refuse pictures with more pixels: 50M, ... [default: 178,956,970, as Pillow]')
            [CompletionResult]::new('--max-bytes', '--max-bytes', [CompletionResultType]::ParameterName, 'Refuse files with more bytes: 500K, 10M, 1GiB, ... [default: 256M]')
            [CompletionResult]::new('--labels', '--labels', [CompletionResultType]::ParameterName, 'A file with one label per line instead of the model''s own labels')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Never connect; use what was downloaded before')
            [CompletionResult]::new('--test-size', '--test-size', [CompletionResultType]::ParameterName, 'Prepare pictures for the larger size that the model was tested at, if it has one')
            [CompletionResult]::new('--balance', '--balance', [CompletionResultType]::ParameterName, 'Let all classes count as much, however many pictures they have')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON object')
            [CompletionResult]::new('--no-exif', '--no-exif', [CompletionResultType]::ParameterName, 'Do not turn pictures as their EXIF orientation says')
            [CompletionResult]::new('--exact-decode', '--exact-decode', [CompletionResultType]::ParameterName, 'Decode JPEG pictures at full size, even those of many times the size that the model sees')
            [CompletionResult]::new('--keep-going', '--keep-going', [CompletionResultType]::ParameterName, 'Exit with 0 even if some pictures failed')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            break
        }
        'effnet;undo' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Say what would be done, and do nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            break
        }
        'effnet;check' {
            [CompletionResult]::new('--shards', '--shards', [CompletionResultType]::ParameterName, 'They are of runs with --shard 1/N to N/N: tell which of these are missing')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            break
        }
        'effnet;report' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'What `effnet classify --jsonl` wrote')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The page')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The page')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'How many threads to use [default: all cores]')
            [CompletionResult]::new('--max-pixels', '--max-pixels', [CompletionResultType]::ParameterName, 'Refuse pictures with more pixels: 50M, ... [default: 178,956,970, as Pillow]')
            [CompletionResult]::new('--max-bytes', '--max-bytes', [CompletionResultType]::ParameterName, 'Refuse files with more bytes: 500K, 10M, 1GiB, ... [default: 256M]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--no-exif', '--no-exif', [CompletionResultType]::ParameterName, 'Do not turn pictures as their EXIF orientation says')
            [CompletionResult]::new('--exact-decode', '--exact-decode', [CompletionResultType]::ParameterName, 'Decode JPEG pictures at full size, even those of many times the size that the model sees')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            break
        }
        'effnet;models' {
            [CompletionResult]::new('--search', '--search', [CompletionResultType]::ParameterName, 'Of all, those with every one of these words in their names or in what these mean: `v2`, `in21k`, `noisy student`, ...')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'All of them, not only those of B0 to B7')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON array')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            break
        }
        'effnet;info' {
            [CompletionResult]::new('--variant', '--variant', [CompletionResultType]::ParameterName, 'What a bare file of weights is of')
            [CompletionResult]::new('--weights', '--weights', [CompletionResultType]::ParameterName, 'Which of a variant''s published weights [default: the most accurate]')
            [CompletionResult]::new('--revision', '--revision', [CompletionResultType]::ParameterName, 'Branch, tag or commit on the Hub [default: main]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--test-size', '--test-size', [CompletionResultType]::ParameterName, 'Show it for the larger size that the model was tested at, if it has one')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON object')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Never connect; use what was downloaded before')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            break
        }
        'effnet;download' {
            [CompletionResult]::new('--variant', '--variant', [CompletionResultType]::ParameterName, 'Which file of a repository that has one for each variant [default: b0]')
            [CompletionResult]::new('--weights', '--weights', [CompletionResultType]::ParameterName, 'Which of the variants'' published weights [default: the most accurate]')
            [CompletionResult]::new('--revision', '--revision', [CompletionResultType]::ParameterName, 'Branch, tag or commit on the Hub [default: main]')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--offline', '--offline', [CompletionResultType]::ParameterName, 'Never connect; only say whether they were downloaded before')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            break
        }
        'effnet;bench' {
            [CompletionResult]::new('--variant', '--variant', [CompletionResultType]::ParameterName, 'The same by its usual name')
            [CompletionResult]::new('--batch-size', '--batch-size', [CompletionResultType]::ParameterName, 'How many pictures go through the network at once')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'How many threads to use [default: all cores]')
            [CompletionResult]::new('--runs', '--runs', [CompletionResultType]::ParameterName, 'How many timed runs')
            [CompletionResult]::new('--device', '--device', [CompletionResultType]::ParameterName, 'Where to run: auto, cpu, cuda, cuda:N or metal')
            [CompletionResult]::new('--dtype', '--dtype', [CompletionResultType]::ParameterName, 'What to compute with')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('--layers', '--layers', [CompletionResultType]::ParameterName, 'Also list what each layer takes')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON object')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            break
        }
        'effnet;completions' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            break
        }
        'effnet;man' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help; -h is short, --help has examples')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say nothing on standard error but errors')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say what is done and how long it took')
            break
        }
        'effnet;help' {
            [CompletionResult]::new('classify', 'classify', [CompletionResultType]::ParameterValue, 'Label pictures')
            [CompletionResult]::new('find', 'find', [CompletionResultType]::ParameterValue, 'Find pictures that show something')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'Show where in pictures labels are seen')
            [CompletionResult]::new('embed', 'embed', [CompletionResultType]::ParameterValue, 'Turn pictures into vectors: what the network sees before it names classes')
            [CompletionResult]::new('similar', 'similar', [CompletionResultType]::ParameterValue, 'Find similar pictures, or copies')
            [CompletionResult]::new('eval', 'eval', [CompletionResultType]::ParameterValue, 'Measure how often a model is right')
            [CompletionResult]::new('train', 'train', [CompletionResultType]::ParameterValue, 'Train a model of your own classes')
            [CompletionResult]::new('undo', 'undo', [CompletionResultType]::ParameterValue, 'Take back what `classify --sort-into` did')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Tell which files of records are missing, cut off, unfinished or of another model')
            [CompletionResult]::new('report', 'report', [CompletionResultType]::ParameterValue, 'Make a page of pictures that were labelled before, to look at in a browser')
            [CompletionResult]::new('models', 'models', [CompletionResultType]::ParameterValue, 'List the published checkpoints')
            [CompletionResult]::new('info', 'info', [CompletionResultType]::ParameterValue, 'Show what a model is: its layers, its parameters, how pictures are prepared')
            [CompletionResult]::new('download', 'download', [CompletionResultType]::ParameterValue, 'Download checkpoints for later use')
            [CompletionResult]::new('bench', 'bench', [CompletionResultType]::ParameterValue, 'Time the forward pass on generated weights, without any download')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Write a shell''s completion script')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Write the manual page')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'effnet;help;classify' {
            break
        }
        'effnet;help;find' {
            break
        }
        'effnet;help;explain' {
            break
        }
        'effnet;help;embed' {
            break
        }
        'effnet;help;similar' {
            break
        }
        'effnet;help;eval' {
            break
        }
        'effnet;help;train' {
            break
        }
        'effnet;help;undo' {
            break
        }
        'effnet;help;check' {
            break
        }
        'effnet;help;report' {
            break
        }
        'effnet;help;models' {
            break
        }
        'effnet;help;info' {
            break
        }
        'effnet;help;download' {
            break
        }
        'effnet;help;bench' {
            break
        }
        'effnet;help;completions' {
            break
        }
        'effnet;help;man' {
            break
        }
        'effnet;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
