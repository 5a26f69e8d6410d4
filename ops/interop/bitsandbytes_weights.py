"""Ingot's NF4 and INT8 against bitsandbytes on a CPU, bit for bit: codes, scales and values.

Arguments: INGOT_BENCH MODEL. MODEL is a small Hugging Face directory in F32; its weights are quantised
by both, in F32, F16 and BF16, and then read by Ingot as transformers saves them quantised.
"""
import subprocess
import sys
import tempfile

import numpy
import torch
from bitsandbytes import __version__, functional
from transformers import AutoModelForCausalLM, BitsAndBytesConfig

bench, source = sys.argv[1:3]
# torch's sum depends on its threads where there are many values.
torch.set_num_threads(1)
failed = False


def weights(directory, *extra):
    """Runs Ingot and returns its files of a layer, in the order of the kinds asked for."""
    out = tempfile.mkdtemp(dir=work)
    subprocess.run([bench, "weights", "--model", directory, "-o", out, *extra], check=True)
    return lambda layer, kind="": numpy.fromfile(f"{out}/{layer}{kind}", dtype="u1")


def differ(ours, theirs):
    theirs = theirs.detach().contiguous().reshape(-1).view(torch.uint8).numpy()
    return ours.shape != theirs.shape or int((ours != theirs).sum())


def check(name, pairs):
    global failed
    bad = {kind: count for kind, count in pairs.items() if count}
    failed |= bool(bad)
    print(f"{name}: {'DIFFERS in ' + str(bad) if bad else ', '.join(pairs) + ' have the same bits'}")


def layers(model):
    block = model.model.layers[0]
    return {**dict(block.self_attn.named_children()), **dict(block.mlp.named_children())}


with tempfile.TemporaryDirectory() as work:
    print(f"bitsandbytes {__version__}")
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        directory = f"{work}/{dtype}"
        subprocess.run(["cp", "-r", source, directory], check=True)
        model = AutoModelForCausalLM.from_pretrained(source, dtype=dtype)
        model.save_pretrained(directory)
        nf4, int8 = weights(directory, "--quantisation", "nf4"), weights(directory, "--quantisation", "int8")
        for name, layer in layers(model).items():
            if not isinstance(layer, torch.nn.Linear):
                continue
            codes, state = functional.quantize_4bit(
                layer.weight.data, blocksize=64, quant_type="nf4", compress_statistics=True)
            state.dtype = torch.float32
            check(f"NF4 {dtype} {name}", {
                "codes": differ(nf4(name, ".codes"), codes),
                "scales' codes": differ(nf4(name, ".scale_codes"), state.absmax),
                "scales' scales": differ(nf4(name, ".scales"), state.state2.absmax),
                "offset": differ(nf4(name, ".offset"), state.offset),
                "values": differ(nf4(name), functional.dequantize_4bit(codes, state)),
            })
            codes, scales, _ = functional.int8_vectorwise_quant(layer.weight.data.to(torch.float16))
            check(f"INT8 {dtype} {name}", {
                "codes": differ(int8(name, ".codes"), codes),
                "scales": differ(int8(name, ".scales"), scales),
                "values": differ(int8(name), functional.int8_vectorwise_dequant(codes, scales)),
            })
    for title, settings in {
            "NF4": dict(load_in_4bit=True, bnb_4bit_quant_type="nf4"),
            "NF4 with double quantisation": dict(
                load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True),
            "INT8": dict(load_in_8bit=True)}.items():
        model = AutoModelForCausalLM.from_pretrained(
            source, dtype=torch.float32, device_map="cpu", quantization_config=BitsAndBytesConfig(**settings))
        directory = f"{work}/saved {title}"
        subprocess.run(["cp", "-r", source, directory], check=True)
        model.save_pretrained(directory)
        ours = weights(directory)
        check(f"saved by transformers in {title}", {
            name: differ(ours(name), functional.dequantize_4bit(layer.weight.data, layer.weight.quant_state)
                         if "4bit" in str(settings) else
                         functional.int8_vectorwise_dequant(layer.weight.data, layer.weight.SCB))
            for name, layer in layers(model).items() if isinstance(layer, torch.nn.Linear)})
sys.exit(failed)
