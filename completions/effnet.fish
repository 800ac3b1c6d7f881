# Completion of effnet for fish: `effnet completions fish` writes this.

function __effnet_is
    set -l words (commandline -opc)
    set -l skip no
    for word in $words[2..]
        if test $skip = yes
            set skip no
            continue
        end
        switch $word
            case --color
                set skip yes
            case '-*'
            case '*'
                test "$word" = "$argv[1]"
                return
        end
    end
    test -z "$argv[1]"
end

function __effnet_variants
    printf '%s\n' \
        b0\t'5.3M parameters, 224 px, 78.7 %' \
        b1\t'7.8M parameters, 240 px, 81.4 %' \
        b2\t'9.1M parameters, 260 px, 82.4 %' \
        b3\t'12.2M parameters, 300 px, 84.1 %' \
        b4\t'19.3M parameters, 380 px, 85.2 %' \
        b5\t'30.4M parameters, 456 px, 86.1 %' \
        b6\t'43.0M parameters, 528 px, 86.5 %' \
        b7\t'66.3M parameters, 600 px, 86.8 %' \
        b8\t'87.4M parameters, 672 px, 85.4 %' \
        l2\t'480.3M parameters, 800 px, 88.4 %' \
        b1-pruned\t'6.3M parameters, 240 px, 78.3 %' \
        b2-pruned\t'8.3M parameters, 260 px, 79.9 %' \
        b3-pruned\t'9.9M parameters, 300 px, 80.9 %' \
        v2-b0\t'7.1M parameters, 192 px, 76.9 %' \
        v2-b1\t'8.1M parameters, 192 px, 77.9 %' \
        v2-b2\t'10.1M parameters, 208 px, 79.2 %' \
        v2-b3\t'14.4M parameters, 240 px, 81.1 %' \
        v2-s\t'21.5M parameters, 300 px, 83.3 %' \
        v2-m\t'54.1M parameters, 384 px, 84.8 %' \
        v2-l\t'118.5M parameters, 384 px, 85.8 %' \
        v2-xl\t'208.1M parameters, 384 px, 85.6 %' \
        v2-rw-t\t'13.6M parameters, 224 px, 81.4 %' \
        v2-rw-s\t'23.9M parameters, 288 px, 82.9 %' \
        v2-rw-m\t'53.2M parameters, 320 px, 84.3 %' \
        lite0\t'4.7M parameters, 224 px, 75.5 %' \
        lite1\t'5.4M parameters, 240 px, 76.7 %' \
        lite2\t'6.1M parameters, 260 px, 77.5 %' \
        lite3\t'8.2M parameters, 300 px, 79.8 %' \
        lite4\t'13.0M parameters, 380 px, 81.5 %' \
        es\t'5.4M parameters, 224 px, 78.1 %' \
        em\t'6.9M parameters, 240 px, 79.3 %' \
        el\t'10.6M parameters, 300 px, 81.3 %' \
        es-pruned\t'5.4M parameters, 224 px, 75.0 %' \
        el-pruned\t'10.6M parameters, 300 px, 80.3 %' \
        x-b5\t'33.4M parameters, 448 px, 84.2 %' \
        h-b5\t'45.9M parameters, 448 px, 84.4 %' \
        test\t'0.4M parameters, 160 px, 46.5 %' \
        demo\t'sixteen drawn things, built in'
end

function __effnet_tags
    set -l tags aa agc ap ft in1k in21k ns r160 ra ra2 ra4 sw
    for word in (commandline -opc | string replace -r '^.*=' '')
        switch $word
            case b0
                set tags ra4 ra aa ap in1k ns
            case b1
                set tags ft ra4 aa ap in1k ns
            case b2
                set tags ra aa ap in1k ns
            case b3
                set tags ra2 aa ap in1k ns
            case b4
                set tags ra2 aa ap in1k ns
            case b5
                set tags sw_in12k sw_in12k_ft_in1k aa ap in1k ns ra
            case b6
                set tags aa ap ns
            case b7
                set tags aa ap ns ra
            case b8
                set tags ap ra
            case l2
                set tags ns_jft_in1k ns_jft_in1k_475
            case b1-pruned
                set tags in1k
            case b2-pruned
                set tags in1k
            case b3-pruned
                set tags in1k
            case v2-b0
                set tags in1k
            case v2-b1
                set tags in1k
            case v2-b2
                set tags in1k
            case v2-b3
                set tags in1k in21k in21k_ft_in1k
            case v2-s
                set tags in1k in21k in21k_ft_in1k
            case v2-m
                set tags in1k in21k in21k_ft_in1k
            case v2-l
                set tags in1k in21k in21k_ft_in1k
            case v2-xl
                set tags in21k in21k_ft_in1k
            case v2-rw-t
                set tags ra2
            case v2-rw-s
                set tags ra2
            case v2-rw-m
                set tags agc
            case lite0
                set tags ra in1k
            case lite1
                set tags in1k
            case lite2
                set tags in1k
            case lite3
                set tags in1k
            case lite4
                set tags in1k
            case es
                set tags ra in1k
            case em
                set tags ra2 in1k
            case el
                set tags ra in1k
            case es-pruned
                set tags in1k
            case el-pruned
                set tags in1k
            case x-b5
                set tags sw
            case h-b5
                set tags sw
            case test
                set tags r160
        end
    end
    printf '%s\tpublished weights\n' $tags
end

complete -c effnet -n __effnet_is -f
complete -c effnet -n __effnet_is -a classify -d 'Label pictures'
complete -c effnet -n __effnet_is -a find -d 'Find pictures that show something'
complete -c effnet -n __effnet_is -a explain -d 'Show where in pictures labels are seen'
complete -c effnet -n __effnet_is -a embed -d 'Turn pictures into vectors: what the network sees before it names classes'
complete -c effnet -n __effnet_is -a similar -d 'Find similar pictures, or copies'
complete -c effnet -n __effnet_is -a eval -d 'Measure how often a model is right'
complete -c effnet -n __effnet_is -a train -d 'Train a model of your own classes'
complete -c effnet -n __effnet_is -a undo -d 'Take back what `classify --sort-into` did'
complete -c effnet -n __effnet_is -a check -d 'Tell which files of records are missing, cut off, unfinished or of another model'
complete -c effnet -n __effnet_is -a report -d 'Make a page of pictures that were labelled before, to look at in a browser'
complete -c effnet -n __effnet_is -a models -d 'List the published checkpoints'
complete -c effnet -n __effnet_is -a info -d 'Show what a model is: its layers, its parameters, how pictures are prepared'
complete -c effnet -n __effnet_is -a download -d 'Download checkpoints for later use'
complete -c effnet -n __effnet_is -a bench -d 'Time the forward pass on generated weights, without any download'
complete -c effnet -n __effnet_is -a completions -d 'Write a shell\'s completion script'
complete -c effnet -n __effnet_is -a man -d 'Write the manual page'
complete -c effnet -n __effnet_is -a help -d 'Print this message or the help of the given subcommand(s)'
complete -c effnet -n __effnet_is -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n __effnet_is -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n __effnet_is -l color -x -a 'auto\t"On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`" always\t"Also into files and pipes" never\t"Not at all"' -d 'When to use colour'
complete -c effnet -n __effnet_is -s h -l help -d 'Print help; -h is short, --help has examples'
complete -c effnet -n __effnet_is -s V -l version -d 'Print the version'

complete -c effnet -n '__effnet_is classify' -s r -l recursive -d 'Also look into the subfolders of folders'
complete -c effnet -n '__effnet_is classify' -l files-from -r -F -d 'Read paths from a file, one per line, or - for standard input'
complete -c effnet -n '__effnet_is classify' -s 0 -l null -d 'NUL and not a line end separates the paths in --files-from, and what is printed for pictures'
complete -c effnet -n '__effnet_is classify' -l follow -d 'Follow links to folders that are found in folders'
complete -c effnet -n '__effnet_is classify' -l hidden -d 'Also take files and folders whose names begin with a dot'
complete -c effnet -n '__effnet_is classify' -l allow-empty -d 'Finding no pictures is no error'
complete -c effnet -n '__effnet_is classify' -l name -r -F -d 'What a picture on standard input is called in the output [default: -]'
complete -c effnet -n '__effnet_is classify' -l tar -r -F -d 'Read the pictures of a tar archive, whatever it is called, or of - for standard input'
complete -c effnet -n '__effnet_is classify' -l shard -x -d 'Take only part I of N, for N machines: 3/16; or auto in a job array, which says which part it is'
complete -c effnet -n '__effnet_is classify' -l variant -x -k -a '(__effnet_variants)' -d 'Which EfficientNet: b0 to b8, v2-s, lite0, es, ..., demo [default: b0]'
complete -c effnet -n '__effnet_is classify' -l weights -x -k -a '(__effnet_tags)' -d 'Which of the variant\'s published weights: ns, aa, in1k, ... [default: the most accurate]'
complete -c effnet -n '__effnet_is classify' -l revision -x -d 'Branch, tag or commit on the Hub [default: main]'
complete -c effnet -n '__effnet_is classify' -l offline -d 'Never connect; use what was downloaded before'
complete -c effnet -n '__effnet_is classify' -l model -r -F -k -a '(__effnet_variants)' -d 'A model of your own: a folder, a file, or a Hub id (owner/name) or address'
complete -c effnet -n '__effnet_is classify' -l test-size -d 'Prepare pictures for the larger size that the model was tested at, if it has one'
complete -c effnet -n '__effnet_is classify' -l labels -r -F -d 'A file with one label per line instead of the model\'s own labels'
complete -c effnet -n '__effnet_is classify' -s k -l top-k -x -d 'How many labels per picture, or `all`'
complete -c effnet -n '__effnet_is classify' -l min-score -x -d 'Leave out labels with a lower probability: 0.8, 80%; with --only, pictures'
complete -c effnet -n '__effnet_is classify' -l sure -x -d 'Also give the most precise answer that is at least so sure: "spaniel", or else "dog"'
complete -c effnet -n '__effnet_is classify' -l only -x -d 'Leave out pictures that do not show it: a label, or anything above labels in WordNet'
complete -c effnet -n '__effnet_is classify' -l sigmoid -d 'Score each label by itself, for models that were trained to give several to a picture'
complete -c effnet -n '__effnet_is classify' -l format -x -a 'text\t"For people" json\t"One array" jsonl\t"One object per line, each flushed" csv\t"RFC 4180, one row per prediction" tsv\t"As CSV, with tabs; tabs and line breaks within a field are escaped"' -d 'How to write the answers [default: as the ending of --output says, or text]'
complete -c effnet -n '__effnet_is classify' -l json -d 'Short for --format json'
complete -c effnet -n '__effnet_is classify' -l jsonl -d 'Short for --format jsonl'
complete -c effnet -n '__effnet_is classify' -l csv -d 'Short for --format csv'
complete -c effnet -n '__effnet_is classify' -l tsv -d 'Short for --format tsv'
complete -c effnet -n '__effnet_is classify' -l template -x -d 'Print a line of your own for each picture: \'{path}\\\\t{label}\\\\t{score:.2}\''
complete -c effnet -n '__effnet_is classify' -l label-only -d 'Print the best label alone, or with --sure the sure one; a line for each picture'
complete -c effnet -n '__effnet_is classify' -l no-header -d 'Leave out the line of CSV and TSV that names the columns'
complete -c effnet -n '__effnet_is classify' -s o -l output -r -F -d 'Write to a file instead of standard output'
complete -c effnet -n '__effnet_is classify' -l report -r -F -d 'Also make a page of all pictures, to look at in a browser'
complete -c effnet -n '__effnet_is classify' -l resume -d 'Skip the pictures that the output file already holds, and append to it'
complete -c effnet -n '__effnet_is classify' -l retry-failed -d 'With --resume, try those again that failed'
complete -c effnet -n '__effnet_is classify' -l sort-into -r -F -d 'Put each picture into a folder of its best label below DIR, or with --sure of the sure one'
complete -c effnet -n '__effnet_is classify' -l link -d 'Sort by links to the pictures, which stay where they are; this is the default'
complete -c effnet -n '__effnet_is classify' -l copy -d 'Sort copies of the pictures'
complete -c effnet -n '__effnet_is classify' -l move -d 'Move the pictures themselves'
complete -c effnet -n '__effnet_is classify' -l dry-run -d 'Say what would go where, and do nothing'
complete -c effnet -n '__effnet_is classify' -l device -x -a 'auto cpu cuda metal' -d 'Where to run: auto, cpu, cuda, cuda:N or metal'
complete -c effnet -n '__effnet_is classify' -l dtype -x -a 'auto\t"f16 on an NVIDIA GPU, f32 elsewhere" f32\t"The reference, everywhere" f16\t"Half the memory, on NVIDIA GPUs" bf16\t"The same with f32\"s range and fewer digits" int8\t"Faster on a processor: 1x1 convolutions in 8 bits, the rest in f32"' -d 'What to compute with'
complete -c effnet -n '__effnet_is classify' -l batch-size -x -d 'How many pictures go through the network at once [default: 4 per thread, or 1 of large ones; on a GPU 64]'
complete -c effnet -n '__effnet_is classify' -l threads -x -d 'How many threads to use [default: all cores]'
complete -c effnet -n '__effnet_is classify' -l no-exif -d 'Do not turn pictures as their EXIF orientation says'
complete -c effnet -n '__effnet_is classify' -l exact-decode -d 'Decode JPEG pictures at full size, even those of many times the size that the model sees'
complete -c effnet -n '__effnet_is classify' -l max-pixels -x -d 'Refuse pictures with more pixels: 50M, ... [default: 178,956,970, as Pillow]'
complete -c effnet -n '__effnet_is classify' -l max-bytes -x -d 'Refuse files with more bytes: 500K, 10M, 1GiB, ... [default: 256M]'
complete -c effnet -n '__effnet_is classify' -l keep-going -d 'Exit with 0 even if some pictures failed'
complete -c effnet -n '__effnet_is classify' -s h -l help -d 'Print help; -h is short, --help has examples'
complete -c effnet -n '__effnet_is classify' -s V -l version -d 'Print the version'
complete -c effnet -n '__effnet_is classify' -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n '__effnet_is classify' -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n '__effnet_is classify' -l color -x -a 'auto\t"On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`" always\t"Also into files and pipes" never\t"Not at all"' -d 'When to use colour'

complete -c effnet -n '__effnet_is find' -f
complete -c effnet -n '__effnet_is find' -s r -l recursive -d 'Also look into the subfolders of folders'
complete -c effnet -n '__effnet_is find' -l files-from -r -F -d 'Read paths from a file, one per line, or - for standard input'
complete -c effnet -n '__effnet_is find' -s 0 -l null -d 'NUL and not a line end separates the paths in --files-from, and what is printed for pictures'
complete -c effnet -n '__effnet_is find' -l follow -d 'Follow links to folders that are found in folders'
complete -c effnet -n '__effnet_is find' -l hidden -d 'Also take files and folders whose names begin with a dot'
complete -c effnet -n '__effnet_is find' -l allow-empty -d 'Finding no pictures is no error'
complete -c effnet -n '__effnet_is find' -l name -r -F -d 'What a picture on standard input is called in the output [default: -]'
complete -c effnet -n '__effnet_is find' -l tar -r -F -d 'Read the pictures of a tar archive, whatever it is called, or of - for standard input'
complete -c effnet -n '__effnet_is find' -l shard -x -d 'Take only part I of N, for N machines: 3/16; or auto in a job array, which says which part it is'
complete -c effnet -n '__effnet_is find' -l variant -x -k -a '(__effnet_variants)' -d 'Which EfficientNet: b0 to b8, v2-s, lite0, es, ..., demo [default: b0]'
complete -c effnet -n '__effnet_is find' -l weights -x -k -a '(__effnet_tags)' -d 'Which of the variant\'s published weights: ns, aa, in1k, ... [default: the most accurate]'
complete -c effnet -n '__effnet_is find' -l revision -x -d 'Branch, tag or commit on the Hub [default: main]'
complete -c effnet -n '__effnet_is find' -l offline -d 'Never connect; use what was downloaded before'
complete -c effnet -n '__effnet_is find' -l model -r -F -k -a '(__effnet_variants)' -d 'A model of your own: a folder, a file, or a Hub id (owner/name) or address'
complete -c effnet -n '__effnet_is find' -l test-size -d 'Prepare pictures for the larger size that the model was tested at, if it has one'
complete -c effnet -n '__effnet_is find' -l labels -r -F -d 'A file with one label per line instead of the model\'s own labels'
complete -c effnet -n '__effnet_is find' -l min-score -x -d 'How likely it must be, over all labels that the query means together: 0.8, 80%'
complete -c effnet -n '__effnet_is find' -l not -d 'Find the pictures that do not show it'
complete -c effnet -n '__effnet_is find' -l device -x -a 'auto cpu cuda metal' -d 'Where to run: auto, cpu, cuda, cuda:N or metal'
complete -c effnet -n '__effnet_is find' -l dtype -x -a 'auto\t"f16 on an NVIDIA GPU, f32 elsewhere" f32\t"The reference, everywhere" f16\t"Half the memory, on NVIDIA GPUs" bf16\t"The same with f32\"s range and fewer digits" int8\t"Faster on a processor: 1x1 convolutions in 8 bits, the rest in f32"' -d 'What to compute with'
complete -c effnet -n '__effnet_is find' -l batch-size -x -d 'How many pictures go through the network at once [default: 4 per thread, or 1 of large ones; on a GPU 64]'
complete -c effnet -n '__effnet_is find' -l threads -x -d 'How many threads to use [default: all cores]'
complete -c effnet -n '__effnet_is find' -l no-exif -d 'Do not turn pictures as their EXIF orientation says'
complete -c effnet -n '__effnet_is find' -l exact-decode -d 'Decode JPEG pictures at full size, even those of many times the size that the model sees'
complete -c effnet -n '__effnet_is find' -l max-pixels -x -d 'Refuse pictures with more pixels: 50M, ... [default: 178,956,970, as Pillow]'
complete -c effnet -n '__effnet_is find' -l max-bytes -x -d 'Refuse files with more bytes: 500K, 10M, 1GiB, ... [default: 256M]'
complete -c effnet -n '__effnet_is find' -l keep-going -d 'Exit with 0 even if some pictures failed'
complete -c effnet -n '__effnet_is find' -s h -l help -d 'Print help; -h is short, --help has examples'
complete -c effnet -n '__effnet_is find' -s V -l version -d 'Print the version'
complete -c effnet -n '__effnet_is find' -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n '__effnet_is find' -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n '__effnet_is find' -l color -x -a 'auto\t"On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`" always\t"Also into files and pipes" never\t"Not at all"' -d 'When to use colour'

complete -c effnet -n '__effnet_is explain' -s r -l recursive -d 'Also look into the subfolders of folders'
complete -c effnet -n '__effnet_is explain' -l files-from -r -F -d 'Read paths from a file, one per line, or - for standard input'
complete -c effnet -n '__effnet_is explain' -s 0 -l null -d 'NUL and not a line end separates the paths in --files-from, and what is printed for pictures'
complete -c effnet -n '__effnet_is explain' -l follow -d 'Follow links to folders that are found in folders'
complete -c effnet -n '__effnet_is explain' -l hidden -d 'Also take files and folders whose names begin with a dot'
complete -c effnet -n '__effnet_is explain' -l allow-empty -d 'Finding no pictures is no error'
complete -c effnet -n '__effnet_is explain' -l name -r -F -d 'What a picture on standard input is called in the output [default: -]'
complete -c effnet -n '__effnet_is explain' -l tar -r -F -d 'Read the pictures of a tar archive, whatever it is called, or of - for standard input'
complete -c effnet -n '__effnet_is explain' -l shard -x -d 'Take only part I of N, for N machines: 3/16; or auto in a job array, which says which part it is'
complete -c effnet -n '__effnet_is explain' -l variant -x -k -a '(__effnet_variants)' -d 'Which EfficientNet: b0 to b8, v2-s, lite0, es, ..., demo [default: b0]'
complete -c effnet -n '__effnet_is explain' -l weights -x -k -a '(__effnet_tags)' -d 'Which of the variant\'s published weights: ns, aa, in1k, ... [default: the most accurate]'
complete -c effnet -n '__effnet_is explain' -l revision -x -d 'Branch, tag or commit on the Hub [default: main]'
complete -c effnet -n '__effnet_is explain' -l offline -d 'Never connect; use what was downloaded before'
complete -c effnet -n '__effnet_is explain' -l model -r -F -k -a '(__effnet_variants)' -d 'A model of your own: a folder, a file, or a Hub id (owner/name) or address'
complete -c effnet -n '__effnet_is explain' -l test-size -d 'Prepare pictures for the larger size that the model was tested at, if it has one'
complete -c effnet -n '__effnet_is explain' -l labels -r -F -d 'A file with one label per line instead of the model\'s own labels'
complete -c effnet -n '__effnet_is explain' -l label -x -d 'Explain this label, WordNet id or index, whatever the picture shows; may be given again'
complete -c effnet -n '__effnet_is explain' -s k -l top-k -x -d 'How many of the best labels to explain [default: 1]'
complete -c effnet -n '__effnet_is explain' -l against -x -d 'Explain why not this label: what speaks for the other, less what speaks for this'
complete -c effnet -n '__effnet_is explain' -l check -d 'Blur the strongest fifth of what the network sees, look again, and tell both scores'
complete -c effnet -n '__effnet_is explain' -l sigmoid -d 'Score each label by itself, for models that were trained to give several to a picture'
complete -c effnet -n '__effnet_is explain' -s o -l output -r -F -d 'Write coloured pictures to a folder, or of one picture and one label to FILE.png'
complete -c effnet -n '__effnet_is explain' -l signed -d 'Show in red what speaks for a label and in blue what speaks against it'
complete -c effnet -n '__effnet_is explain' -l json -d 'Write one JSON array'
complete -c effnet -n '__effnet_is explain' -l jsonl -d 'Write one JSON object per picture and line'
complete -c effnet -n '__effnet_is explain' -l raw -d 'Add the logits of all places to the JSON'
complete -c effnet -n '__effnet_is explain' -l device -x -a 'auto cpu cuda metal' -d 'Where to run: auto, cpu, cuda, cuda:N or metal'
complete -c effnet -n '__effnet_is explain' -l dtype -x -a 'auto\t"f16 on an NVIDIA GPU, f32 elsewhere" f32\t"The reference, everywhere" f16\t"Half the memory, on NVIDIA GPUs" bf16\t"The same with f32\"s range and fewer digits" int8\t"Faster on a processor: 1x1 convolutions in 8 bits, the rest in f32"' -d 'What to compute with'
complete -c effnet -n '__effnet_is explain' -l batch-size -x -d 'How many pictures go through the network at once [default: 4 per thread, or 1 of large ones; on a GPU 64]'
complete -c effnet -n '__effnet_is explain' -l threads -x -d 'How many threads to use [default: all cores]'
complete -c effnet -n '__effnet_is explain' -l no-exif -d 'Do not turn pictures as their EXIF orientation says'
complete -c effnet -n '__effnet_is explain' -l exact-decode -d 'Decode JPEG pictures at full size, even those of many times the size that the model sees'
complete -c effnet -n '__effnet_is explain' -l max-pixels -x -d 'Refuse pictures with more pixels: 50M, ... [default: 178,956,970, as Pillow]'
complete -c effnet -n '__effnet_is explain' -l max-bytes -x -d 'Refuse files with more bytes: 500K, 10M, 1GiB, ... [default: 256M]'
complete -c effnet -n '__effnet_is explain' -l keep-going -d 'Exit with 0 even if some pictures failed'
complete -c effnet -n '__effnet_is explain' -s h -l help -d 'Print help; -h is short, --help has examples'
complete -c effnet -n '__effnet_is explain' -s V -l version -d 'Print the version'
complete -c effnet -n '__effnet_is explain' -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n '__effnet_is explain' -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n '__effnet_is explain' -l color -x -a 'auto\t"On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`" always\t"Also into files and pipes" never\t"Not at all"' -d 'When to use colour'

complete -c effnet -n '__effnet_is embed' -s r -l recursive -d 'Also look into the subfolders of folders'
complete -c effnet -n '__effnet_is embed' -l files-from -r -F -d 'Read paths from a file, one per line, or - for standard input'
complete -c effnet -n '__effnet_is embed' -s 0 -l null -d 'NUL and not a line end separates the paths in --files-from, and what is printed for pictures'
complete -c effnet -n '__effnet_is embed' -l follow -d 'Follow links to folders that are found in folders'
complete -c effnet -n '__effnet_is embed' -l hidden -d 'Also take files and folders whose names begin with a dot'
complete -c effnet -n '__effnet_is embed' -l allow-empty -d 'Finding no pictures is no error'
complete -c effnet -n '__effnet_is embed' -l name -r -F -d 'What a picture on standard input is called in the output [default: -]'
complete -c effnet -n '__effnet_is embed' -l tar -r -F -d 'Read the pictures of a tar archive, whatever it is called, or of - for standard input'
complete -c effnet -n '__effnet_is embed' -l shard -x -d 'Take only part I of N, for N machines: 3/16; or auto in a job array, which says which part it is'
complete -c effnet -n '__effnet_is embed' -l variant -x -k -a '(__effnet_variants)' -d 'Which EfficientNet: b0 to b8, v2-s, lite0, es, ..., demo [default: b0]'
complete -c effnet -n '__effnet_is embed' -l weights -x -k -a '(__effnet_tags)' -d 'Which of the variant\'s published weights: ns, aa, in1k, ... [default: the most accurate]'
complete -c effnet -n '__effnet_is embed' -l revision -x -d 'Branch, tag or commit on the Hub [default: main]'
complete -c effnet -n '__effnet_is embed' -l offline -d 'Never connect; use what was downloaded before'
complete -c effnet -n '__effnet_is embed' -l model -r -F -k -a '(__effnet_variants)' -d 'A model of your own: a folder, a file, or a Hub id (owner/name) or address'
complete -c effnet -n '__effnet_is embed' -l test-size -d 'Prepare pictures for the larger size that the model was tested at, if it has one'
complete -c effnet -n '__effnet_is embed' -l labels -r -F -d 'A file with one label per line instead of the model\'s own labels'
complete -c effnet -n '__effnet_is embed' -s o -l output -r -F -d 'Write to FILE.npy or FILE.safetensors instead of JSON Lines to standard output'
complete -c effnet -n '__effnet_is embed' -l resume -d 'Skip the pictures that the output file already holds, and add the others'
complete -c effnet -n '__effnet_is embed' -l normalize -d 'Divide each vector by its length, so that a dot product is a cosine'
complete -c effnet -n '__effnet_is embed' -l device -x -a 'auto cpu cuda metal' -d 'Where to run: auto, cpu, cuda, cuda:N or metal'
complete -c effnet -n '__effnet_is embed' -l dtype -x -a 'auto\t"f16 on an NVIDIA GPU, f32 elsewhere" f32\t"The reference, everywhere" f16\t"Half the memory, on NVIDIA GPUs" bf16\t"The same with f32\"s range and fewer digits" int8\t"Faster on a processor: 1x1 convolutions in 8 bits, the rest in f32"' -d 'What to compute with'
complete -c effnet -n '__effnet_is embed' -l batch-size -x -d 'How many pictures go through the network at once [default: 4 per thread, or 1 of large ones; on a GPU 64]'
complete -c effnet -n '__effnet_is embed' -l threads -x -d 'How many threads to use [default: all cores]'
complete -c effnet -n '__effnet_is embed' -l no-exif -d 'Do not turn pictures as their EXIF orientation says'
complete -c effnet -n '__effnet_is embed' -l exact-decode -d 'Decode JPEG pictures at full size, even those of many times the size that the model sees'
complete -c effnet -n '__effnet_is embed' -l max-pixels -x -d 'Refuse pictures with more pixels: 50M, ... [default: 178,956,970, as Pillow]'
complete -c effnet -n '__effnet_is embed' -l max-bytes -x -d 'Refuse files with more bytes: 500K, 10M, 1GiB, ... [default: 256M]'
complete -c effnet -n '__effnet_is embed' -l keep-going -d 'Exit with 0 even if some pictures failed'
complete -c effnet -n '__effnet_is embed' -s h -l help -d 'Print help; -h is short, --help has examples'
complete -c effnet -n '__effnet_is embed' -s V -l version -d 'Print the version'
complete -c effnet -n '__effnet_is embed' -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n '__effnet_is embed' -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n '__effnet_is embed' -l color -x -a 'auto\t"On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`" always\t"Also into files and pipes" never\t"Not at all"' -d 'When to use colour'

complete -c effnet -n '__effnet_is similar' -l in -r -F -d 'Where to look: a folder, or a file of `effnet embed`'
complete -c effnet -n '__effnet_is similar' -s r -l recursive -d 'Also look into the subfolders of folders'
complete -c effnet -n '__effnet_is similar' -l variant -x -k -a '(__effnet_variants)' -d 'Which EfficientNet: b0 to b8, v2-s, lite0, es, ..., demo [default: b0]'
complete -c effnet -n '__effnet_is similar' -l weights -x -k -a '(__effnet_tags)' -d 'Which of the variant\'s published weights: ns, aa, in1k, ... [default: the most accurate]'
complete -c effnet -n '__effnet_is similar' -l revision -x -d 'Branch, tag or commit on the Hub [default: main]'
complete -c effnet -n '__effnet_is similar' -l offline -d 'Never connect; use what was downloaded before'
complete -c effnet -n '__effnet_is similar' -l model -r -F -k -a '(__effnet_variants)' -d 'A model of your own: a folder, a file, or a Hub id (owner/name) or address'
complete -c effnet -n '__effnet_is similar' -l test-size -d 'Prepare pictures for the larger size that the model was tested at, if it has one'
complete -c effnet -n '__effnet_is similar' -l labels -r -F -d 'A file with one label per line instead of the model\'s own labels'
complete -c effnet -n '__effnet_is similar' -l duplicates -d 'Group the pictures that are copies of each other'
complete -c effnet -n '__effnet_is similar' -s k -l top-k -x -d 'How many similar pictures per query, or `all`'
complete -c effnet -n '__effnet_is similar' -l min-cosine -x -d 'Leave out pictures with a lower cosine: 0.8, 80%'
complete -c effnet -n '__effnet_is similar' -l jsonl -d 'Write a JSON object per line'
complete -c effnet -n '__effnet_is similar' -s 0 -l null -d 'Write paths alone, each with NUL behind it, for `xargs -0`; of copies not the ones to keep'
complete -c effnet -n '__effnet_is similar' -l device -x -a 'auto cpu cuda metal' -d 'Where to run: auto, cpu, cuda, cuda:N or metal'
complete -c effnet -n '__effnet_is similar' -l dtype -x -a 'auto\t"f16 on an NVIDIA GPU, f32 elsewhere" f32\t"The reference, everywhere" f16\t"Half the memory, on NVIDIA GPUs" bf16\t"The same with f32\"s range and fewer digits" int8\t"Faster on a processor: 1x1 convolutions in 8 bits, the rest in f32"' -d 'What to compute with'
complete -c effnet -n '__effnet_is similar' -l batch-size -x -d 'How many pictures go through the network at once [default: 4 per thread, or 1 of large ones; on a GPU 64]'
complete -c effnet -n '__effnet_is similar' -l threads -x -d 'How many threads to use [default: all cores]'
complete -c effnet -n '__effnet_is similar' -l no-exif -d 'Do not turn pictures as their EXIF orientation says'
complete -c effnet -n '__effnet_is similar' -l exact-decode -d 'Decode JPEG pictures at full size, even those of many times the size that the model sees'
complete -c effnet -n '__effnet_is similar' -l max-pixels -x -d 'Refuse pictures with more pixels: 50M, ... [default: 178,956,970, as Pillow]'
complete -c effnet -n '__effnet_is similar' -l max-bytes -x -d 'Refuse files with more bytes: 500K, 10M, 1GiB, ... [default: 256M]'
complete -c effnet -n '__effnet_is similar' -l keep-going -d 'Exit with 0 even if some pictures failed'
complete -c effnet -n '__effnet_is similar' -s h -l help -d 'Print help; -h is short, --help has examples'
complete -c effnet -n '__effnet_is similar' -s V -l version -d 'Print the version'
complete -c effnet -n '__effnet_is similar' -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n '__effnet_is similar' -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n '__effnet_is similar' -l color -x -a 'auto\t"On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`" always\t"Also into files and pipes" never\t"Not at all"' -d 'When to use colour'

complete -c effnet -n '__effnet_is eval' -l files-from -r -F -d 'Read paths from a file, one per line, or - for standard input'
complete -c effnet -n '__effnet_is eval' -s 0 -l null -d 'NUL and not a line end separates the paths in --files-from, and what is printed for pictures'
complete -c effnet -n '__effnet_is eval' -l follow -d 'Follow links to folders that are found in folders'
complete -c effnet -n '__effnet_is eval' -l hidden -d 'Also take files and folders whose names begin with a dot'
complete -c effnet -n '__effnet_is eval' -l name -r -F -d 'What a picture on standard input is called in the output [default: -]'
complete -c effnet -n '__effnet_is eval' -l tar -r -F -d 'Read the pictures of a tar archive, whatever it is called, or of - for standard input'
complete -c effnet -n '__effnet_is eval' -l shard -x -d 'Take only part I of N, for N machines: 3/16; or auto in a job array, which says which part it is'
complete -c effnet -n '__effnet_is eval' -l truth -r -F -d 'What the pictures show: CSV, TSV or JSON Lines of paths and labels, or lines of both'
complete -c effnet -n '__effnet_is eval' -l ignore-unknown -d 'Leave out the pictures that show no class of the model, or of which nothing is known'
complete -c effnet -n '__effnet_is eval' -l real-labels -r -F -d 'Count by the ReaL labels of ImageNet\'s validation pictures too (real.json)'
complete -c effnet -n '__effnet_is eval' -l valid-labels -r -F -d 'The only classes that can be right: a file with an index, WordNet id or label a line'
complete -c effnet -n '__effnet_is eval' -l from -r -F -d 'Score what `classify --jsonl` saved, without a network; -k all saves what all numbers need'
complete -c effnet -n '__effnet_is eval' -l variant -x -k -a '(__effnet_variants)' -d 'Which EfficientNet: b0 to b8, v2-s, lite0, es, ..., demo [default: b0]'
complete -c effnet -n '__effnet_is eval' -l weights -x -k -a '(__effnet_tags)' -d 'Which of the variant\'s published weights: ns, aa, in1k, ... [default: the most accurate]'
complete -c effnet -n '__effnet_is eval' -l revision -x -d 'Branch, tag or commit on the Hub [default: main]'
complete -c effnet -n '__effnet_is eval' -l offline -d 'Never connect; use what was downloaded before'
complete -c effnet -n '__effnet_is eval' -l model -r -F -k -a '(__effnet_variants)' -d 'A model of your own: a folder, a file, or a Hub id (owner/name) or address'
complete -c effnet -n '__effnet_is eval' -l test-size -d 'Prepare pictures for the larger size that the model was tested at, if it has one'
complete -c effnet -n '__effnet_is eval' -l labels -r -F -d 'A file with one label per line instead of the model\'s own labels'
complete -c effnet -n '__effnet_is eval' -l sigmoid -d 'Score each label by itself, for models that were trained to give several to a picture'
complete -c effnet -n '__effnet_is eval' -l against -r -F -d 'Compare with what `classify --jsonl` saved of another model on the same pictures'
complete -c effnet -n '__effnet_is eval' -l json -d 'Write one JSON object'
complete -c effnet -n '__effnet_is eval' -l confusion -r -F -d 'Write how often each class was taken for each, as CSV'
complete -c effnet -n '__effnet_is eval' -l wrong -r -F -d 'Write the wrong answers as classify --jsonl does, and the truth with them'
complete -c effnet -n '__effnet_is eval' -l fail-under -x -d 'Exit with 1 if the top-1 accuracy is lower: 0.9, 90%'
complete -c effnet -n '__effnet_is eval' -l device -x -a 'auto cpu cuda metal' -d 'Where to run: auto, cpu, cuda, cuda:N or metal'
complete -c effnet -n '__effnet_is eval' -l dtype -x -a 'auto\t"f16 on an NVIDIA GPU, f32 elsewhere" f32\t"The reference, everywhere" f16\t"Half the memory, on NVIDIA GPUs" bf16\t"The same with f32\"s range and fewer digits" int8\t"Faster on a processor: 1x1 convolutions in 8 bits, the rest in f32"' -d 'What to compute with'
complete -c effnet -n '__effnet_is eval' -l batch-size -x -d 'How many pictures go through the network at once [default: 4 per thread, or 1 of large ones; on a GPU 64]'
complete -c effnet -n '__effnet_is eval' -l threads -x -d 'How many threads to use [default: all cores]'
complete -c effnet -n '__effnet_is eval' -l no-exif -d 'Do not turn pictures as their EXIF orientation says'
complete -c effnet -n '__effnet_is eval' -l exact-decode -d 'Decode JPEG pictures at full size, even those of many times the size that the model sees'
complete -c effnet -n '__effnet_is eval' -l max-pixels -x -d 'Refuse pictures with more pixels: 50M, ... [default: 178,956,970, as Pillow]'
complete -c effnet -n '__effnet_is eval' -l max-bytes -x -d 'Refuse files with more bytes: 500K, 10M, 1GiB, ... [default: 256M]'
complete -c effnet -n '__effnet_is eval' -l keep-going -d 'Exit with 0 even if some pictures failed'
complete -c effnet -n '__effnet_is eval' -s h -l help -d 'Print help; -h is short, --help has examples'
complete -c effnet -n '__effnet_is eval' -s V -l version -d 'Print the version'
complete -c effnet -n '__effnet_is eval' -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n '__effnet_is eval' -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n '__effnet_is eval' -l color -x -a 'auto\t"On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`" always\t"Also into files and pipes" never\t"Not at all"' -d 'When to use colour'

complete -c effnet -n '__effnet_is train' -l truth -r -F -d 'What the pictures show, instead of their folders: CSV, TSV or JSON Lines of paths and labels, or lines of both, as for `effnet eval`'
complete -c effnet -n '__effnet_is train' -l from -r -F -d 'Learn from the features that `effnet embed -o` wrote; the classes are the folders in the paths'
complete -c effnet -n '__effnet_is train' -l variant -x -k -a '(__effnet_variants)' -d 'Which EfficientNet: b0 to b8, v2-s, lite0, es, ..., demo [default: b0]'
complete -c effnet -n '__effnet_is train' -l weights -x -k -a '(__effnet_tags)' -d 'Which of the variant\'s published weights: ns, aa, in1k, ... [default: the most accurate]'
complete -c effnet -n '__effnet_is train' -l revision -x -d 'Branch, tag or commit on the Hub [default: main]'
complete -c effnet -n '__effnet_is train' -l offline -d 'Never connect; use what was downloaded before'
complete -c effnet -n '__effnet_is train' -l model -r -F -k -a '(__effnet_variants)' -d 'A model of your own: a folder, a file, or a Hub id (owner/name) or address'
complete -c effnet -n '__effnet_is train' -l test-size -d 'Prepare pictures for the larger size that the model was tested at, if it has one'
complete -c effnet -n '__effnet_is train' -l balance -d 'Let all classes count as much, however many pictures they have'
complete -c effnet -n '__effnet_is train' -l seed -x -d 'Which pictures are left out together while the others are learnt from'
complete -c effnet -n '__effnet_is train' -s o -l output -r -F -k -a '(__effnet_variants)' -d 'Where the model is written: a new folder, or one that `effnet train` made before'
complete -c effnet -n '__effnet_is train' -l json -d 'Write one JSON object'
complete -c effnet -n '__effnet_is train' -l device -x -a 'auto cpu cuda metal' -d 'Where to run: auto, cpu, cuda, cuda:N or metal'
complete -c effnet -n '__effnet_is train' -l dtype -x -a 'auto\t"f16 on an NVIDIA GPU, f32 elsewhere" f32\t"The reference, everywhere" f16\t"Half the memory, on NVIDIA GPUs" bf16\t"The same with f32\"s range and fewer digits" int8\t"Faster on a processor: 1x1 convolutions in 8 bits, the rest in f32"' -d 'What to compute with'
complete -c effnet -n '__effnet_is train' -l batch-size -x -d 'How many pictures go through the network at once [default: 4 per thread, or 1 of large ones; on a GPU 64]'
complete -c effnet -n '__effnet_is train' -l threads -x -d 'How many threads to use [default: all cores]'
complete -c effnet -n '__effnet_is train' -l no-exif -d 'Do not turn pictures as their EXIF orientation says'
complete -c effnet -n '__effnet_is train' -l exact-decode -d 'Decode JPEG pictures at full size, even those of many times the size that the model sees'
complete -c effnet -n '__effnet_is train' -l max-pixels -x -d 'Refuse pictures with more pixels: 50M, ... [default: 178,956,970, as Pillow]'
complete -c effnet -n '__effnet_is train' -l max-bytes -x -d 'Refuse files with more bytes: 500K, 10M, 1GiB, ... [default: 256M]'
complete -c effnet -n '__effnet_is train' -l keep-going -d 'Exit with 0 even if some pictures failed'
complete -c effnet -n '__effnet_is train' -s h -l help -d 'Print help; -h is short, --help has examples'
complete -c effnet -n '__effnet_is train' -s V -l version -d 'Print the version'
complete -c effnet -n '__effnet_is train' -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n '__effnet_is train' -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n '__effnet_is train' -l color -x -a 'auto\t"On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`" always\t"Also into files and pipes" never\t"Not at all"' -d 'When to use colour'

complete -c effnet -n '__effnet_is undo' -l dry-run -d 'Say what would be done, and do nothing'
complete -c effnet -n '__effnet_is undo' -s h -l help -d 'Print help; -h is short, --help has examples'
complete -c effnet -n '__effnet_is undo' -s V -l version -d 'Print the version'
complete -c effnet -n '__effnet_is undo' -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n '__effnet_is undo' -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n '__effnet_is undo' -l color -x -a 'auto\t"On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`" always\t"Also into files and pipes" never\t"Not at all"' -d 'When to use colour'

complete -c effnet -n '__effnet_is check' -l shards -x -d 'They are of runs with --shard 1/N to N/N: tell which of these are missing'
complete -c effnet -n '__effnet_is check' -s h -l help -d 'Print help; -h is short, --help has examples'
complete -c effnet -n '__effnet_is check' -s V -l version -d 'Print the version'
complete -c effnet -n '__effnet_is check' -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n '__effnet_is check' -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n '__effnet_is check' -l color -x -a 'auto\t"On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`" always\t"Also into files and pipes" never\t"Not at all"' -d 'When to use colour'

complete -c effnet -n '__effnet_is report' -f
complete -c effnet -n '__effnet_is report' -l from -r -F -d 'What `effnet classify --jsonl` wrote'
complete -c effnet -n '__effnet_is report' -s o -l output -r -F -d 'The page'
complete -c effnet -n '__effnet_is report' -l threads -x -d 'How many threads to use [default: all cores]'
complete -c effnet -n '__effnet_is report' -l no-exif -d 'Do not turn pictures as their EXIF orientation says'
complete -c effnet -n '__effnet_is report' -l exact-decode -d 'Decode JPEG pictures at full size, even those of many times the size that the model sees'
complete -c effnet -n '__effnet_is report' -l max-pixels -x -d 'Refuse pictures with more pixels: 50M, ... [default: 178,956,970, as Pillow]'
complete -c effnet -n '__effnet_is report' -l max-bytes -x -d 'Refuse files with more bytes: 500K, 10M, 1GiB, ... [default: 256M]'
complete -c effnet -n '__effnet_is report' -s h -l help -d 'Print help; -h is short, --help has examples'
complete -c effnet -n '__effnet_is report' -s V -l version -d 'Print the version'
complete -c effnet -n '__effnet_is report' -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n '__effnet_is report' -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n '__effnet_is report' -l color -x -a 'auto\t"On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`" always\t"Also into files and pipes" never\t"Not at all"' -d 'When to use colour'

complete -c effnet -n '__effnet_is models' -f -k -a '(__effnet_variants)'
complete -c effnet -n '__effnet_is models' -l all -d 'All of them, not only those of B0 to B7'
complete -c effnet -n '__effnet_is models' -l search -x -d 'Of all, those with every one of these words in their names or in what these mean: `v2`, `in21k`, `noisy student`, ...'
complete -c effnet -n '__effnet_is models' -l json -d 'Write one JSON array'
complete -c effnet -n '__effnet_is models' -s h -l help -d 'Print help; -h is short, --help has examples'
complete -c effnet -n '__effnet_is models' -s V -l version -d 'Print the version'
complete -c effnet -n '__effnet_is models' -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n '__effnet_is models' -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n '__effnet_is models' -l color -x -a 'auto\t"On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`" always\t"Also into files and pipes" never\t"Not at all"' -d 'When to use colour'

complete -c effnet -n '__effnet_is info' -k -a '(__effnet_variants)'
complete -c effnet -n '__effnet_is info' -l test-size -d 'Show it for the larger size that the model was tested at, if it has one'
complete -c effnet -n '__effnet_is info' -l json -d 'Write one JSON object'
complete -c effnet -n '__effnet_is info' -l variant -x -k -a '(__effnet_variants)' -d 'What a bare file of weights is of'
complete -c effnet -n '__effnet_is info' -l weights -x -k -a '(__effnet_tags)' -d 'Which of a variant\'s published weights [default: the most accurate]'
complete -c effnet -n '__effnet_is info' -l revision -x -d 'Branch, tag or commit on the Hub [default: main]'
complete -c effnet -n '__effnet_is info' -l offline -d 'Never connect; use what was downloaded before'
complete -c effnet -n '__effnet_is info' -s h -l help -d 'Print help; -h is short, --help has examples'
complete -c effnet -n '__effnet_is info' -s V -l version -d 'Print the version'
complete -c effnet -n '__effnet_is info' -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n '__effnet_is info' -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n '__effnet_is info' -l color -x -a 'auto\t"On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`" always\t"Also into files and pipes" never\t"Not at all"' -d 'When to use colour'

complete -c effnet -n '__effnet_is download' -f -k -a '(__effnet_variants)'
complete -c effnet -n '__effnet_is download' -l variant -x -k -a '(__effnet_variants)' -d 'Which file of a repository that has one for each variant [default: b0]'
complete -c effnet -n '__effnet_is download' -l weights -x -k -a '(__effnet_tags)' -d 'Which of the variants\' published weights [default: the most accurate]'
complete -c effnet -n '__effnet_is download' -l revision -x -d 'Branch, tag or commit on the Hub [default: main]'
complete -c effnet -n '__effnet_is download' -l offline -d 'Never connect; only say whether they were downloaded before'
complete -c effnet -n '__effnet_is download' -s h -l help -d 'Print help; -h is short, --help has examples'
complete -c effnet -n '__effnet_is download' -s V -l version -d 'Print the version'
complete -c effnet -n '__effnet_is download' -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n '__effnet_is download' -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n '__effnet_is download' -l color -x -a 'auto\t"On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`" always\t"Also into files and pipes" never\t"Not at all"' -d 'When to use colour'

complete -c effnet -n '__effnet_is bench' -f -k -a '(__effnet_variants)'
complete -c effnet -n '__effnet_is bench' -l variant -x -k -a '(__effnet_variants)' -d 'The same by its usual name'
complete -c effnet -n '__effnet_is bench' -l batch-size -x -d 'How many pictures go through the network at once'
complete -c effnet -n '__effnet_is bench' -l threads -x -d 'How many threads to use [default: all cores]'
complete -c effnet -n '__effnet_is bench' -l runs -x -d 'How many timed runs'
complete -c effnet -n '__effnet_is bench' -l layers -d 'Also list what each layer takes'
complete -c effnet -n '__effnet_is bench' -l device -x -a 'auto cpu cuda metal' -d 'Where to run: auto, cpu, cuda, cuda:N or metal'
complete -c effnet -n '__effnet_is bench' -l dtype -x -a 'auto\t"f16 on an NVIDIA GPU, f32 elsewhere" f32\t"The reference, everywhere" f16\t"Half the memory, on NVIDIA GPUs" bf16\t"The same with f32\"s range and fewer digits" int8\t"Faster on a processor: 1x1 convolutions in 8 bits, the rest in f32"' -d 'What to compute with'
complete -c effnet -n '__effnet_is bench' -l json -d 'Write one JSON object'
complete -c effnet -n '__effnet_is bench' -s h -l help -d 'Print help; -h is short, --help has examples'
complete -c effnet -n '__effnet_is bench' -s V -l version -d 'Print the version'
complete -c effnet -n '__effnet_is bench' -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n '__effnet_is bench' -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n '__effnet_is bench' -l color -x -a 'auto\t"On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`" always\t"Also into files and pipes" never\t"Not at all"' -d 'When to use colour'

complete -c effnet -n '__effnet_is completions' -f -a 'bash elvish fish powershell zsh'
complete -c effnet -n '__effnet_is completions' -s h -l help -d 'Print help; -h is short, --help has examples'
complete -c effnet -n '__effnet_is completions' -s V -l version -d 'Print the version'
complete -c effnet -n '__effnet_is completions' -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n '__effnet_is completions' -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n '__effnet_is completions' -l color -x -a 'auto\t"On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`" always\t"Also into files and pipes" never\t"Not at all"' -d 'When to use colour'

complete -c effnet -n '__effnet_is man' -f
complete -c effnet -n '__effnet_is man' -s h -l help -d 'Print help; -h is short, --help has examples'
complete -c effnet -n '__effnet_is man' -s V -l version -d 'Print the version'
complete -c effnet -n '__effnet_is man' -s q -l quiet -d 'Say nothing on standard error but errors'
complete -c effnet -n '__effnet_is man' -s v -l verbose -d 'Say what is done and how long it took'
complete -c effnet -n '__effnet_is man' -l color -x -a 'auto\t"On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`" always\t"Also into files and pipes" never\t"Not at all"' -d 'When to use colour'

complete -c effnet -n '__effnet_is help' -f -a 'classify\t"Label pictures" find\t"Find pictures that show something" explain\t"Show where in pictures labels are seen" embed\t"Turn pictures into vectors: what the network sees before it names classes" similar\t"Find similar pictures, or copies" eval\t"Measure how often a model is right" train\t"Train a model of your own classes" undo\t"Take back what `classify --sort-into` did" check\t"Tell which files of records are missing, cut off, unfinished or of another model" report\t"Make a page of pictures that were labelled before, to look at in a browser" models\t"List the published checkpoints" info\t"Show what a model is: its layers, its parameters, how pictures are prepared" download\t"Download checkpoints for later use" bench\t"Time the forward pass on generated weights, without any download" completions\t"Write a shell\"s completion script" man\t"Write the manual page" help\t"Print this message or the help of the given subcommand(s)"'
