"""Tiny models of many decoder families, straight from their configurations.

Sizes are given by the names that configurations have for them; `CHANGES` says what a family needs beside.
"""

import torch
from tiny_policy import CHARACTERS
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

MOST_PARAMETERS = 400_000

_VALUES = (
    (len(CHARACTERS), "vocab_size vocab_size_per_layer_input"),
    (64, "max_position_embeddings n_ctx n_positions"),
    (
        32,
        "decoder_ffn_dim encoder_ffn_dim ffn_dim ffn_hidden_size intermediate_size intermediate_size_mlp"
        " mamba_d_ssm n_inner",
    ),
    (
        16,
        "d_model expert_ffn_hidden_size hidden_size lru_width moe_intermediate_size"
        " moe_shared_expert_intermediate_size n_embd n_embed shared_expert_intermediate_size"
        " shared_intermediate_size word_embed_proj_dim",
    ),
    (
        8,
        "block_size chunk_size head_dim kv_lora_rank linear_key_head_dim linear_value_head_dim"
        " mamba_chunk_size mamba_d_head mamba_d_state mamba_head_dim q_lora_rank ssm_state_size state_size"
        " v_head_dim",
    ),
    (
        4,
        "attention_chunk_size attention_window_size mamba_dt_rank mamba_n_heads mamba_num_heads"
        " moe_num_experts n_routed_experts num_experts num_local_experts qk_nope_head_dim qk_rope_head_dim"
        " rotary_dim sliding_window",
    ),
    (
        2,
        "decoder_attention_heads decoder_layers encoder_attention_heads encoder_layers"
        " linear_num_key_heads linear_num_value_heads moe_k moe_topk n_head n_heads n_layer n_layers"
        " num_attention_heads num_decoder_layers num_experts_per_tok num_heads num_hidden_layers num_layers"
        " top_k_experts",
    ),
    (
        1,
        "eos_token_id first_k_dense_replace mamba_n_groups n_group n_kv_heads num_key_value_heads"
        " num_kv_heads topk_group",
    ),
    (0, "pad_token_id"),
    (None, "bos_token_id"),
    (True, "is_decoder"),
    (False, "use_mamba_kernels"),
    (0.3, "init_std initializer_range"),
    (
        0.0,
        "activation_dropout attention_dropout attention_probs_dropout_prob attn_pdrop classifier_dropout"
        " decoder_layerdrop dropout embd_pdrop embed_dropout embedding_dropout hidden_dropout"
        " hidden_dropout_prob layerdrop resid_dropout resid_pdrop residual_dropout router_aux_loss_coef",
    ),
)
SIZES = {name: value for value, names in _VALUES for name in names.split()}

_HALF_LINEAR = {"layer_types": ["linear_attention", "full_attention"]}
_LATENT = {"num_key_value_heads": 2, "head_dim": 4}
CHANGES = {
    "bamba": {"attn_layer_indices": [1]},
    "cwm": {"bos_token_id": 2},
    "deepseek_v2": _LATENT,
    "deepseek_v3": _LATENT,
    "diffllama": {"num_key_value_heads": 2},
    "dots1": {"n_shared_experts": 1},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]], "window_size": 4},
    "granitemoehybrid": {"layer_types": ["mamba", "attention"], "num_local_experts": 2, "num_experts_per_tok": 1},
    "jamba": {"num_experts": 2, "num_experts_per_tok": 1, "attn_layer_period": 2, "attn_layer_offset": 1},
    "lfm2": {"layer_types": ["conv", "full_attention"]},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"], "num_dense_layers": 1},
    "mamba2": {"n_groups": 1, "num_heads": 4},
    "minimax": _HALF_LINEAR,
    "modernbert-decoder": {"bos_token_id": 2},
    "nemotron_h": {"layers_block_type": ["mamba", "attention"], "n_groups": 1},
    "olmo_hybrid": _HALF_LINEAR,
    "qwen3_5_moe_text": _HALF_LINEAR,
    "qwen3_5_text": _HALF_LINEAR,
    "qwen3_next": _HALF_LINEAR,
    "recurrent_gemma": {"num_hidden_layers": 3},
}
FAMILIES = sorted(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)


class CannotBuildError(Exception):
    """A family that these sizes do not fit."""


def tiny_decoder(family, **changes):
    """Return a random model, all of whose biases and norms differ from 0 and 1.

    Raises:
        CannotBuildError: the configuration refuses these sizes, or leaves a part of the model large.
    """
    attention = changes.pop("attn_implementation", None)
    options = {"attn_implementation": attention} if attention else {}
    torch.manual_seed(0)
    try:
        known = vars(CONFIG_MAPPING[family]())
        sizes = {name: value for name, value in SIZES.items() if name in known}
        config = AutoConfig.for_model(family, **{**sizes, **CHANGES.get(family, {}), **changes})
        with torch.device("meta"):  # some are large whatever they are given
            parameters = AutoModelForCausalLM.from_config(config, **options).num_parameters()
        if parameters > MOST_PARAMETERS:
            raise CannotBuildError(f"{family} has {parameters} parameters")
        model = AutoModelForCausalLM.from_config(config, **options)
    except CannotBuildError:
        raise
    except Exception as error:  # whatever a configuration says to sizes that it was not made for
        raise CannotBuildError(f"{family}: {error!r}") from error
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.05 * torch.randn_like(parameter))
    return model
